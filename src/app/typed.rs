//! Lines that are typed after `:`, given with `-c`, or run by a view: a command, or the table of a kind.

use super::App;
use fluxdeck_model::commands::{self, Line, Place, Subject, Transition};
use fluxdeck_model::domain::GroupKind;
use fluxdeck_model::state::Intent;

impl App {
    /// Runs a line as if it had been typed after `:` (`-c` on the command line).
    pub fn submit_line(&mut self, line: &str) {
        self.submit(line);
        self.ask();
    }

    /// Runs a typed line.
    pub(super) fn submit(&mut self, line: &str) {
        if line.trim().is_empty() {
            return;
        }
        self.typed.retain(|known| known != line);
        self.typed.push(line.to_owned());
        match commands::parse(line, self.state()) {
            Ok(Line::Command(command, argument)) => {
                self.run(command, &argument);
            }
            Ok(Line::Table { gk, place: Place { namespaces, filter, context } }) => {
                let (is_narrowed, is_moved) = (namespaces.is_some(), context.is_some());
                let before = self.state().cluster().namespaces.clone();
                for (name, argument) in [("contexts", context), ("namespaces", namespaces)] {
                    if let (Some(argument), Some(command)) = (argument, commands::find(name))
                        && !self.run(command, &argument)
                    {
                        // the table of another place is not what was asked for
                        return self.update_top();
                    }
                }
                let chosen = self.state().cluster().namespaces.clone();
                if is_narrowed && !is_moved && chosen != before {
                    // of several narrow lines in a row the first one knows where one came from
                    let before = match self.narrowed.take() {
                        Some([earlier, first]) if earlier == before => first,
                        _ => before,
                    };
                    self.narrowed = Some([chosen, before]);
                }
                self.table(gk, filter);
            }
            Err(error) => {
                self.early = self.state().cluster().server.kinds.is_empty().then(|| line.to_owned());
                self.intend(Intent::Complain(error));
            }
        }
        self.update_top();
    }

    /// Runs a line that came too early, now that it means something: `fluxdeck -c nodes`.
    pub(super) fn submit_early(&mut self) {
        let is_known = !self.state().cluster().server.kinds.is_empty();
        let Some(line) = self.early.take_if(|_| is_known) else { return };
        if commands::parse(&line, self.state()).is_ok() {
            self.intend(Intent::Noticed);
            self.submit(&line);
        }
    }

    fn table(&mut self, gk: GroupKind, filter: Option<String>) {
        self.transit(Transition::Go(commands::table_of(&gk, self.state()), Subject::Kind(gk)));
        if let Some(filter) = filter {
            self.set_filter(&filter);
        }
    }
}
