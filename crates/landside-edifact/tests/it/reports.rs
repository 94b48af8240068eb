//! What reports, announcements, bookings and answers of customs say, value for value.

use landside_edifact::coarri::{self, ShipAction, ShipMove};
use landside_edifact::codeco::{self, GateReport, Way};
use landside_edifact::coparn::{self, Booking, BookingOrder};
use landside_edifact::copino::{self, Announcement, Purpose};
use landside_edifact::coreor::Load;
use landside_edifact::cusres::{self, CustomsAnswer};
use landside_edifact::entry::{Entry, Leg};
use landside_edifact::profile::Profile;
use landside_edifact::syntax::{self, Code};
use landside_proto::document::CustomsState;

use crate::fixtures::{fixture, profile};

macro_rules! reader {
    ($name:ident, $module:ident, $item:ty) => {
        fn $name(file: &str, profile: &Profile) -> Vec<$item> {
            let bytes = fixture(file);
            let interchanges = syntax::read(&bytes, &profile.syntax).unwrap();
            $module::read(&interchanges[0], profile).unwrap().items
        }
    };
}

reader!(ship_moves, coarri, ShipMove);
reader!(gate_reports, codeco, GateReport);
reader!(announcements, copino, Announcement);
reader!(bookings, coparn, Booking);
reader!(answers, cusres, CustomsAnswer);

fn standard() -> Profile {
    Profile::standard()
}

fn container(entry: &Entry) -> String {
    entry.container.clone().unwrap().unwrap().to_string()
}

fn moment(entry: &Entry) -> String {
    entry.moment().unwrap().to_string()
}

fn plate(entry: &Entry) -> String {
    entry.road.plate.clone().unwrap().unwrap().to_string()
}

#[test]
fn a_discharge_is_of_the_terminal_in_the_header_and_at_its_own_time() {
    let moves = ship_moves("coarri-discharge.edi", &standard());
    let [first, second] = &moves[..] else { panic!("{moves:?}") };
    assert_eq!(first.action, Some(ShipAction::Discharge));
    assert_eq!(container(&first.entry), "NSLU1000014");
    assert_eq!(moment(&first.entry), "2035-07-14T19:13:00.000Z");
    assert_eq!(moment(&second.entry), "2035-07-14T19:11:00.000Z");
    assert_eq!(first.moved_at(), first.entry.moment());
    // Behind the container stand the port of loading and the place of delivery.
    assert_eq!(first.entry.terminal.as_deref(), Some("LSTRTM"));
    assert_eq!(first.entry.port.unwrap().as_str(), "NLRTM");
    assert_eq!(first.entry.cell.as_ref().unwrap().as_str(), "0380886");
    assert_eq!(first.entry.bills[0].as_str(), "NSLB7712001");
    assert!(second.entry.bills.is_empty());
    assert_eq!(first.entry.damage, ["DT"]);
    assert_eq!(first.entry.seals[0].number, "SI");
    // The estimated gross weight, and not the tare.
    assert_eq!(first.entry.weight_kg, Some(18_914));
    assert_eq!(first.entry.vessel.imo.unwrap().as_str(), "9999993");
    assert_eq!(first.entry.voyage.as_deref(), Some("045E"));
    assert_eq!(first.entry.line.as_ref().unwrap().code, "NSL");
    assert_eq!(first.entry.source.equipment, 1);
}

#[test]
fn a_time_is_local_to_the_port_of_the_profile() {
    let shanghai = Profile::parse("name = 'a'\nzone = 'Asia/Shanghai'").unwrap();
    let moves = ship_moves("coarri-discharge.edi", &shanghai);
    assert_eq!(moment(&moves[0].entry), "2035-07-14T11:13:00.000Z");
}

#[test]
fn a_load_is_at_the_terminal_of_departure() {
    let [load] = ship_moves("coarri-load.edi", &standard()).try_into().unwrap();
    assert_eq!(load.action, Some(ShipAction::Load));
    assert_eq!(load.entry.port.unwrap().as_str(), "NLRTM");
    assert_eq!(load.entry.booking.as_ref().unwrap().as_str(), "NSLBK4401");
}

#[test]
fn discharge_and_load_of_one_interchange_are_told_apart() {
    let moves = ship_moves("coarri-two-messages.edi", &standard());
    let actions: Vec<_> = moves.iter().map(|moved| moved.action.unwrap()).collect();
    assert_eq!(actions, [ShipAction::Discharge, ShipAction::Load]);
    assert_eq!([moves[0].entry.source.position, moves[1].entry.source.position], [1, 2]);
}

#[test]
fn a_report_that_is_taken_back_is_no_statement() {
    let [moved] = ship_moves("coarri-taken-back.edi", &standard()).try_into().unwrap();
    assert!(!moved.entry.title.is_statement());
    assert!(ship_moves("coarri-discharge.edi", &standard())[0].entry.title.is_statement());
}

#[test]
fn a_wrong_container_number_stops_that_container_only() {
    let moves = ship_moves("coarri-number-wrong.edi", &standard());
    let obstacles: Vec<_> = moves.iter().map(ShipMove::obstacle).collect();
    assert!(obstacles[0].as_ref().unwrap().contains("check digit"), "{obstacles:?}");
    assert_eq!(obstacles[1], None);
}

#[test]
fn a_refusal_says_what_is_wrong_in_words() {
    let text = |file: &str| {
        let bytes = fixture(file);
        let read = syntax::read(&bytes, &standard().syntax).unwrap();
        coarri::read(&read[0], &standard()).unwrap_err().text
    };
    let unknown = text("coarri-name-unknown.edi");
    assert!(unknown.contains("neither discharge nor load"), "{unknown}");
    assert!(text("coarri-time-unreadable.edi").contains("2035071419"));
    let other = text("codeco-gate-in.edi");
    assert!(other.contains("no COARRI"), "{other}");
}

#[test]
fn a_gate_report_has_a_truck_for_each_container() {
    let reports = gate_reports("codeco-gate-out.edi", &standard());
    let trucks: Vec<_> = reports.iter().map(|report| plate(&report.entry)).collect();
    assert_eq!(trucks, ["93NSG7", "93NSG8"]);
    assert!(reports.iter().all(|report| report.way == Some(Way::Out)));
    assert_eq!(moment(&reports[0].entry), "2035-07-15T14:47:00.000Z");
    assert_eq!(reports[0].entry.road.haulier, None);
    assert_eq!(reports[1].entry.road.haulier.as_ref().unwrap().code, "KADE");
    assert_eq!(reports[0].entry.number.as_ref().unwrap().as_str(), "NSLR50001");
}

#[test]
fn a_plate_is_read_as_people_write_it() {
    let [report] = gate_reports("codeco-gate-in.edi", &standard()).try_into().unwrap();
    assert_eq!((report.way, plate(&report.entry).as_str()), (Some(Way::In), "93NSG7"));
    assert_eq!(report.entry.load, Some(Load::Empty));
    let haulier = report.entry.road.haulier.unwrap();
    assert_eq!(haulier.name.as_deref(), Some("Kade Trucking"));
}

#[test]
fn an_announcement_names_truck_driver_and_hour() {
    let [announced] = announcements("copino-pick-up.edi", &standard()).try_into().unwrap();
    assert_eq!(announced.purpose, Some(Purpose::PickUp));
    assert_eq!(plate(&announced.entry), "93-NSG-7");
    assert_eq!(announced.entry.road.driver.as_deref(), Some("JAN DE WIT"));
    assert_eq!(announced.entry.road.haulier.as_ref().unwrap().code, "KADE");
    assert_eq!(announced.entry.road.leg, Some(Leg::Inland));
    assert_eq!(announced.entry.number.as_ref().unwrap().as_str(), "NSLR50001");
    // The header's terminal, not the port the ship came from.
    assert_eq!(announced.entry.terminal.as_deref(), Some("LSTRTM"));
    let wish = announced.wish().unwrap();
    assert_eq!(wish.start.to_string(), "2035-07-16T09:00:00.000Z");
    assert_eq!(wish.start, wish.end);
}

#[test]
fn a_day_without_an_hour_is_the_whole_day() {
    let announced = announcements("copino-day.edi", &standard());
    let wish = announced[0].wish().unwrap();
    assert_eq!(wish.start.to_string(), "2035-07-16T00:00:00.000Z");
    assert_eq!(wish.end.to_string(), "2035-07-16T23:59:59.999Z");
    let pins: Vec<_> = announced.iter().map(|a| a.entry.pin.as_ref().unwrap().reveal()).collect();
    assert_eq!(pins, ["4711", "4712"]);
    assert!(!format!("{announced:?}").contains("4711"), "a PIN must not reach a log");
}

#[test]
fn a_truck_that_brings_a_container_is_no_pick_up() {
    let [announced] = announcements("copino-drop-off.edi", &standard()).try_into().unwrap();
    assert_eq!(announced.purpose, Some(Purpose::DropOff));
}

#[test]
fn empties_are_booked_by_number_and_size() {
    let [booking] = bookings("coparn-empty-release.edi", &standard()).try_into().unwrap();
    assert_eq!(booking.order, Some(BookingOrder::ReleaseEmpty));
    assert_eq!((&booking.entry.container, booking.entry.quantity), (&None, 3));
    assert_eq!(booking.entry.size_type.unwrap().as_str(), "45G1");
    assert_eq!(booking.entry.booking.as_ref().unwrap().as_str(), "NSLBK4401");
    assert_eq!(booking.entry.terminal.as_deref(), Some("EMPTYRTM"));
    assert_eq!(moment(&booking.entry), "2035-07-18T00:00:00.000Z");
}

#[test]
fn a_container_for_export_is_accepted_for_its_booking() {
    let [booking] = bookings("coparn-acceptance.edi", &standard()).try_into().unwrap();
    assert_eq!(booking.order, Some(BookingOrder::Accept));
    assert_eq!(container(&booking.entry), "NSLU1000040");
    assert_eq!(booking.entry.weight_kg, Some(11_495));
    assert_eq!(booking.entry.terminal.as_deref(), Some("LSTRTM"));
}

#[test]
fn nothing_but_a_known_code_releases() {
    let state = |file: &str, profile: &Profile| answers(file, profile)[0].state;
    let cases = [
        ("cusres-released.edi", CustomsState::Released),
        ("cusres-held.edi", CustomsState::Held),
        ("cusres-unknown.edi", CustomsState::Held),
        ("cusres-agency.edi", CustomsState::Held),
        ("cusres-foreign-4.edi", CustomsState::Held),
        ("cusres-no-status.edi", CustomsState::Held),
        ("cusres-error.edi", CustomsState::Rejected),
        ("cusres-taken-back.edi", CustomsState::Held),
    ];
    for (file, expected) in cases {
        assert_eq!(state(file, &standard()), expected, "{file}");
    }
    let nz = profile("customs-nz");
    assert_eq!(state("cusres-agency.edi", &nz), CustomsState::Released);
    // UN code 4 releases nothing in a country with a list of its own.
    assert_eq!(state("cusres-released.edi", &nz), CustomsState::Held);
}

#[test]
fn an_answer_keeps_the_code_the_declaration_and_the_containers() {
    let [answer] = answers("cusres-released.edi", &standard()).try_into().unwrap();
    assert_eq!((answer.statuses[0].code.as_str(), answer.statuses[0].list.as_str()), ("4", "120"));
    assert_eq!(answer.declaration.as_ref().unwrap().as_str(), "35NL00012345");
    assert_eq!(answer.bills[0].as_str(), "NSLB7712001");
    let containers: Vec<_> =
        answer.containers.iter().map(|c| c.as_ref().unwrap().to_string()).collect();
    assert_eq!(containers, ["NSLU1000014", "NSLU1000020"]);
    assert_eq!(answers("cusres-error.edi", &standard())[0].texts, ["error 841"]);
}

#[test]
fn each_consignment_has_the_status_of_its_own_group_else_of_the_message() {
    let answers = answers("cusres-consignments.edi", &standard());
    let states: Vec<_> = answers.iter().map(|a| (a.bills[0].as_str(), a.state)).collect();
    let expected = [("NSLB7712001", CustomsState::Released), ("NSLB7712002", CustomsState::Exam)];
    assert_eq!(states, expected);
    // The declaration stands before the groups and is of both.
    assert!(answers.iter().all(|answer| answer.declaration.is_some()));
}

#[test]
fn the_eleventh_status_code_is_never_overlooked() {
    let codes = "GIS+4:120:6'".repeat(10) + "GIS+7:120:6'";
    let file = format!(
        "UNB+UNOA:2+C+T+350715:1231+1'UNH+1+CUSRES:D:95B:UN'BGM+932+X+9'{codes}RFF+BM:B1'UNT+15+1'\
         UNZ+1+1'"
    );
    let read = syntax::read(file.as_bytes(), &standard().syntax).unwrap();
    let answer = &cusres::read(&read[0], &standard()).unwrap().items[0];
    assert_eq!(answer.state, CustomsState::Held);
    assert!(answer.notes.iter().any(|note| note.code == Code::TooManyValues));
}
