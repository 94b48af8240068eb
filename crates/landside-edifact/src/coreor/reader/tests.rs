//! Bounds of the COREOR reader; what it reads is tested on the fixtures.

use super::*;
use crate::container::kilograms;
use crate::coreor::BILLS_MAX;
use crate::coreor::SEALS_MAX;
use crate::syntax::{self, visited_by};

fn order(body: &str) -> Vec<u8> {
    let segments = body.matches('\'').count() + 3;
    format!(
        "UNB+UNOA:3+NSL+LSTRTM+351101:0930+R1'UNH+1+COREOR:D:00B:UN'BGM+129+D1+9'{body}\
         UNT+{segments}+1'UNZ+1+R1'"
    )
    .into_bytes()
}

fn reading(file: &[u8]) -> Result<Reading, Fault> {
    let profile = Profile::standard();
    let interchanges = syntax::read(file, &profile.syntax).unwrap();
    read(&interchanges[0], &profile)
}

#[test]
fn weights_are_read_with_either_decimal_mark() {
    assert_eq!(kilograms("KGM", "15400"), Some(15_400));
    assert_eq!(kilograms("KGM", "15400.6"), Some(15_401));
    assert_eq!(kilograms("KGM", "11495,14"), Some(11_495));
    assert_eq!(kilograms("TNE", "27,5"), Some(27_500));
}

#[test]
fn what_is_no_weight_is_refused() {
    for (unit, value) in
        [("LBR", "1"), ("KGM", ""), ("KGM", "."), ("KGM", "-1"), ("KGM", "1.2.3"), ("KGM", "1e3")]
    {
        assert_eq!(kilograms(unit, value), None, "{unit} {value}");
    }
    assert_eq!(kilograms("TNE", "999999999"), None);
}

#[test]
fn the_heaviest_kind_of_weight_known_is_not_the_tare() {
    let body = "EQD+CN+NSLU1000014'MEA+AAE+T+KGM:2200'MEA+AAE+EGW+KGM:9000'MEA+AAE+VGM+KGM:9100'\
                MEA+AAE+G+KGM:9050'";
    assert_eq!(reading(&order(body)).unwrap().instructions[0].weight_kg, Some(9_100));
}

#[test]
fn what_stands_behind_the_count_or_in_the_goods_is_of_no_container() {
    let body = "GID+1'RFF+BM:GOODS'EQD+CN+NSLU1000014'CNT+16:1'RFF+BM:LATE'";
    assert_eq!(reading(&order(body)).unwrap().instructions[0].bills, []);
}

#[test]
fn values_beyond_a_limit_are_noted_and_dropped() {
    let bills: String = (0..=BILLS_MAX).map(|n| format!("RFF+BM:B{n}'")).collect();
    let seals = "SEL+S1'".repeat(SEALS_MAX + 1);
    let read = reading(&order(&format!("EQD+CN+NSLU1000014'{bills}{seals}"))).unwrap();
    let [instruction] = &read.instructions[..] else { panic!("one container") };
    assert_eq!((instruction.bills.len(), instruction.seals.len()), (BILLS_MAX, SEALS_MAX));
    let codes: Vec<_> = instruction.notes.iter().map(|note| note.code).collect();
    assert_eq!(codes, [Code::TooManyValues, Code::TooManyValues]);
}

#[test]
fn more_containers_than_the_standard_allows_are_refused() {
    let file = |count: usize| order(&"EQD+CN+NSLU1000014'".repeat(count));
    assert_eq!(reading(&file(EQUIPMENT_MAX)).unwrap().instructions.len(), EQUIPMENT_MAX);
    assert_eq!(reading(&file(EQUIPMENT_MAX + 1)).unwrap_err().code, Code::TooManyEquipment);
}

#[test]
fn reading_orders_costs_a_bounded_number_of_looks_at_each_byte() {
    let container = "EQD+CN+NSLU1000014+22G1:102:5++3+5'RFF+BM:NSLB1'DTM+36:20351231:102'\
                     TDT+20+045E+1++NSL:172:20+++9999993:146:11:NORTHERN SPARROW'\
                     LOC+11+NLRTM:139:6+LSTRTM:TER:ZZZ'NAD+FW+B:160:ZZZ++BRANDT'SEL+A+CA'\
                     MEA+AAE+G+KGM:18450'";
    for count in [10, 1_000] {
        let file = order(&container.repeat(count));
        let visited = visited_by(|| drop(reading(&file).unwrap()));
        assert!(visited <= 10 * file.len(), "{visited} looks at {} bytes", file.len());
    }
}
