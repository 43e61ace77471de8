//! What a program and its children cost, from `/proc`.

use std::{collections::HashMap, fs};

/// Linux counts processor time for programs in hundredths of a second, on every architecture
/// that this harness runs on.
const TICKS_PER_SECOND: f64 = 100.0;

/// A program and all its descendants.
#[derive(Clone, Copy, Debug)]
pub struct Tree {
    pub root: u32,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    /// VmRSS, in megabytes of 1024 × 1024 bytes.
    pub resident: f64,
    /// VmHWM: the most that it ever was.
    pub peak: f64,
    pub processes: usize,
}

struct Stat {
    parent: u32,
    ticks: u64,
    ticks_of_ended_children: u64,
}

impl Tree {
    /// Processor time used so far, in seconds, ended children included.
    pub fn processor_seconds(&self) -> f64 {
        let stats = all();
        let own = self.members(&stats).into_iter().filter_map(|process| stats.get(&process));
        own.map(|stat| stat.ticks + stat.ticks_of_ended_children).sum::<u64>() as f64 / TICKS_PER_SECOND
    }

    /// Memory of all of them together.
    pub fn memory(&self) -> Memory {
        let mut memory = Memory::default();
        for process in self.members(&all()) {
            let Ok(status) = fs::read_to_string(format!("/proc/{process}/status")) else { continue };
            let megabytes = |field: &str| {
                let line = status.lines().find_map(|line| line.strip_prefix(field))?;
                Some(line.split_whitespace().next()?.parse::<f64>().ok()? / 1024.0)
            };
            memory.resident += megabytes("VmRSS:").unwrap_or(0.0);
            memory.peak += megabytes("VmHWM:").unwrap_or(0.0);
            memory.processes += 1;
        }
        memory
    }

    fn members(&self, stats: &HashMap<u32, Stat>) -> Vec<u32> {
        let mut members = vec![self.root];
        let mut at = 0;
        while let Some(parent) = members.get(at).copied() {
            members.extend(stats.iter().filter(|(_, stat)| stat.parent == parent).map(|(process, _)| *process));
            at += 1;
        }
        members
    }
}

fn all() -> HashMap<u32, Stat> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(|process| Some((process, stat(process)?)))
        .collect()
}

fn stat(process: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name in parentheses may hold anything; the fields after it are numbers.
    let fields: Vec<&str> = text.rsplit_once(") ")?.1.split_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some(Stat {
        parent: u32::try_from(number(1)?).ok()?,
        ticks: number(11)? + number(12)?,
        ticks_of_ended_children: number(13)? + number(14)?,
    })
}
