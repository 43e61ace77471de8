//! The reports of a cluster's session, taken into the state.

use super::engine::Update;
use super::{Epoch, News, State};
use crate::domain::ClusterId;

impl State {
    /// Takes news of a cluster; those of an older epoch reach only the jobs that are still under way there. Returns whether the screen may
    /// have to change.
    pub(super) fn receive(&mut self, id: ClusterId, epoch: Epoch, news: News, out: &mut Update) -> bool {
        let now = self.clock;
        let Some(cluster) = self.clusters.get_mut(&id).filter(|cluster| cluster.epoch == epoch) else {
            return self.receive_left(id, epoch, news, out);
        };
        match news {
            News::Link(link) => {
                cluster.link = link;
                if id == self.active {
                    self.notice_link();
                }
                self.take_up(out);
            }
            News::Server(server) => {
                cluster.connected(server);
                self.take_up(out);
            }
            News::Contexts { all, current } => {
                cluster.context = current;
                self.contexts = all;
            }
            News::Namespaces(names) => cluster.known_namespaces.extend(names),
            News::Deltas(deltas) => {
                cluster.apply(deltas, now);
                out.effects.extend(cluster.note_readers(now));
                if id == self.active {
                    self.look_at_watched();
                }
                self.advance_jobs(out);
            }
            News::Rights(rights) => self.receive_rights(rights, out),
            News::User(user) => {
                cluster.is_unnamed = user.is_none();
                cluster.user = user;
                self.take_up(out);
            }
            News::Note(text) if id == self.active => self.say(text),
            // nobody looks there
            News::Note(_) => {}
            News::Pulls(run, news) => cluster.pulls.take(run, news, now),
            News::Compared(run, compared) => cluster.compared(run, *compared, now),
            News::Owners(owners) => self.receive_owners(owners, out),
        }
        id == self.active
    }

    /// Takes news of a connection that was left; returns whether it was one.
    fn receive_left(&mut self, id: ClusterId, epoch: Epoch, news: News, out: &mut Update) -> bool {
        let now = self.clock;
        let Some(cluster) = self.left.iter_mut().find(|cluster| cluster.id == id && cluster.epoch == epoch) else { return false };
        match news {
            News::Link(link) => cluster.link = link,
            News::Deltas(deltas) => cluster.apply(deltas, now),
            // nobody looks at the rest any more
            _ => return true,
        }
        self.advance_jobs(out);
        true
    }
}
