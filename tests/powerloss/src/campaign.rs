//! A campaign: one recording, many cuts, one summary.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

use serde_json::json;
use tempfile::TempDir;

use crate::disk::{Disk, Image, Syncs};
use crate::record::record;
use crate::rng::Rng;
use crate::trace::{self, Event};
use crate::{Plan, Subject, Verdict};

/// What is recorded, and how often it is cut.
pub struct Campaign<'a> {
    /// The binary whose verb `write` runs a subject.
    pub program: PathBuf,
    /// What is put to the test.
    pub subject: &'a dyn Subject,
    /// What it writes.
    pub plan: Plan,
    /// How many points are cut, two images each: a quarter right after a rename as far as there
    /// are any, half right after an acknowledgement.
    pub points: usize,
    /// Which calls count as a sync.
    pub syncs: Syncs,
}

/// What a campaign found.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Summary {
    /// Events recorded.
    pub events: usize,
    /// Acknowledgements among them.
    pub acks: usize,
    /// Points cut.
    pub points: usize,
    /// Images that were whole.
    pub whole: usize,
    /// Images in which something acknowledged was missing.
    pub lost: usize,
    /// Images with part of a batch, or other bytes.
    pub torn: usize,
    /// Images that did not open.
    pub not_opened: usize,
    /// Files under `blobs/` seen at a cut: sled never syncs them.
    pub blobs: usize,
    /// The first image that was not whole.
    pub first: Option<String>,
}

impl Campaign<'_> {
    /// Records, cuts and checks; an error means that the harness itself failed.
    pub fn run(&self) -> io::Result<Summary> {
        let work = TempDir::new()?;
        let recording = record(&self.program, self.subject, &self.plan, work.path())?;
        let events = trace::parse(&recording.trace)?;
        let mut summary = Summary { events: events.len(), ..Summary::default() };
        let mut disk = Disk::new(self.syncs);
        let mut rng = Rng::new(self.plan.seed, 2);
        let points = self.cut_points(&events, &mut rng);
        let mut acked = Vec::new();
        for (done, event) in events.iter().enumerate() {
            if points.contains(&done) {
                self.check_point(done, &disk, &acked, &mut rng, &mut summary)?;
            }
            disk.apply(event)?;
            if let Event::Ack { line } = event {
                acked.push((*line).to_owned());
            }
        }
        disk.compare(&recording.dir)?;
        summary.acks = acked.len();
        Ok(summary)
    }

    /// Numbers of events done before the cut: after renames, after acknowledgements, anywhere.
    fn cut_points(&self, events: &[Event<'_>], rng: &mut Rng) -> BTreeSet<usize> {
        let after = |is: fn(&Event<'_>) -> bool| -> Vec<usize> {
            (1..events.len()).filter(|n| is(&events[n - 1])).collect()
        };
        let mut points = BTreeSet::new();
        let renamed = after(|event| matches!(event, Event::Rename { .. }));
        draw(&renamed, self.points / 4, &mut points, rng);
        let acked = after(|event| matches!(event, Event::Ack { .. }));
        draw(&acked, self.points / 2, &mut points, rng);
        let all: Vec<usize> = (0..events.len()).collect();
        draw(&all, self.points - points.len(), &mut points, rng);
        points
    }

    fn check_point(
        &self,
        point: usize,
        disk: &Disk,
        acked: &[String],
        rng: &mut Rng,
        summary: &mut Summary,
    ) -> io::Result<()> {
        summary.points += 1;
        summary.blobs += disk.names().filter(|name| name.contains("/blobs/")).count();
        for image in [Image::Strict, Image::Random] {
            let dir = TempDir::new()?;
            disk.cut(dir.path(), image, rng)?;
            let verdict = self.subject.check(dir.path(), &self.plan, acked);
            match verdict {
                Verdict::Whole => summary.whole += 1,
                Verdict::Lost(_) => summary.lost += 1,
                Verdict::Torn(_) => summary.torn += 1,
                Verdict::NotOpened(_) => summary.not_opened += 1,
            }
            if verdict != Verdict::Whole && summary.first.is_none() {
                summary.first = Some(format!("event {point}, {image:?}: {verdict:?}"));
            }
        }
        Ok(())
    }
}

/// Adds `count` of `from` that are not chosen yet, or all there are.
fn draw(from: &[usize], count: usize, points: &mut BTreeSet<usize>, rng: &mut Rng) {
    let mut left: Vec<usize> = from.iter().copied().filter(|n| !points.contains(n)).collect();
    for _ in 0..count.min(left.len()) {
        points.insert(left.swap_remove(rng.between(0, left.len() as u64 - 1) as usize));
    }
}

impl Summary {
    /// Whether no image lost anything, and all of them were looked at.
    pub fn is_clean(&self) -> bool {
        self.points > 0 && self.acks > 0 && self.whole == 2 * self.points && self.blobs == 0
    }

    /// One line for people and scripts.
    pub fn to_json(&self, seed: u64) -> String {
        json!({
            "seed": seed, "events": self.events, "acks": self.acks, "points": self.points,
            "whole": self.whole, "lost": self.lost, "torn": self.torn,
            "not_opened": self.not_opened, "blobs": self.blobs, "first": self.first,
        })
        .to_string()
    }
}
