/** Wall clocks of time zones, also in the hour that does not exist and the hour that comes twice. */
import assert from "node:assert/strict";
import test from "node:test";

import {
  instantsOf,
  instantText,
  isInstant,
  isZone,
  momentOf,
  offsetName,
  placeOf,
  wallTime,
} from "../desk/shell/zones.js";

/** @type {[string, string, string, string[]][]} what it is, the zone, the time on the clock, and its instants */
const TABLE = [
  ["a zone without summer time", "Asia/Riyadh", "2026-11-27T14:00", ["2026-11-27T11:00"]],
  ["a zone in winter", "Europe/Madrid", "2026-11-27T14:00", ["2026-11-27T13:00"]],
  ["a zone in summer", "Europe/Madrid", "2026-07-01T14:00", ["2026-07-01T12:00"]],
  ["the minute before clocks go forward", "Europe/Madrid", "2026-03-29T01:59", ["2026-03-29T00:59"]],
  ["the hour that does not exist", "Europe/Madrid", "2026-03-29T02:30", []],
  ["the minute after clocks went forward", "Europe/Madrid", "2026-03-29T03:00", ["2026-03-29T01:00"]],
  [
    "the hour that comes twice",
    "Europe/Madrid",
    "2026-10-25T02:30",
    ["2026-10-25T00:30", "2026-10-25T01:30"],
  ],
  ["the minute after the second one", "Europe/Madrid", "2026-10-25T03:00", ["2026-10-25T02:00"]],
  [
    "the hour that comes twice, west of UTC",
    "America/New_York",
    "2026-11-01T01:30",
    ["2026-11-01T05:30", "2026-11-01T06:30"],
  ],
  [
    "half an hour that comes twice",
    "Australia/Lord_Howe",
    "2026-04-05T01:45",
    ["2026-04-04T14:45", "2026-04-04T15:15"],
  ],
  ["midnight that does not exist", "Africa/Cairo", "2026-04-24T00:30", []],
  ["a day that does not exist", "Pacific/Apia", "2011-12-30T12:00", []],
  ["a zone with minutes", "Asia/Kathmandu", "2026-11-27T14:00", ["2026-11-27T08:15"]],
  ["seconds, which are ignored", "UTC", "2026-11-27T14:00:59", ["2026-11-27T14:00"]],
  ["what is not a time", "UTC", "", []],
];

for (const [name, zone, wall, instants] of TABLE)
  test(`${name} has its instants`, () => {
    const expected = instants.map((instant) => Date.parse(`${instant}Z`));
    assert.deepEqual(instantsOf(wall, zone), expected);
    for (const instant of expected) assert.equal(wallTime(instant, zone), wall.slice(0, 16));
  });

test("every minute around both changes of a year is found again from its clock", () => {
  for (const zone of ["Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"])
    for (const day of [
      "2026-03-08",
      "2026-03-29",
      "2026-04-05",
      "2026-04-24",
      "2026-10-25",
      "2026-10-30",
      "2026-11-01",
    ])
      for (let minute = -900; minute < 1440; minute += 15) {
        const instant = Date.parse(`${day}T00:00Z`) + minute * 60_000;
        assert.ok(instantsOf(wallTime(instant, zone), zone).includes(instant), `${zone} ${day} ${minute}`);
      }
});

/** What the desk takes as a time, and the instant; null: a time on a clock, or none. @type {[string, string | null][]} */
const MOMENTS = [
  ["2026-11-28T12:00:00Z", "2026-11-28T12:00:00Z"],
  ["2026-11-28T12:00:30.250Z", "2026-11-28T12:00:30.250Z"],
  ["2026-11-28T12:00:30.2509Z", "2026-11-28T12:00:30.250Z"],
  ["2026-11-28T12:00:30,5Z", "2026-11-28T12:00:30.500Z"],
  ["2026-11-28T12:00+03:00", "2026-11-28T09:00:00Z"],
  ["2026-11-28t12:00+0300", "2026-11-28T09:00:00Z"],
  ["2026-11-28 12:00:00-0930", "2026-11-28T21:30:00Z"],
  ["2026-11-28T12:00z", "2026-11-28T12:00:00Z"],
  ["2026-12-31T23:59:60Z", "2027-01-01T00:00:00Z"],
  ["2026-11-28T12:00", null],
  ["2026-13-45T12:00Z", null],
  ["soon", null],
  ["", null],
];

for (const [value, instant] of MOMENTS)
  test(`“${value}” names ${instant ?? "no moment"}`, () => {
    assert.equal(isInstant(value), instant !== null);
    if (instant !== null) assert.equal(instantText(momentOf(value)), instant);
  });

test("a zone is told by its offset and its place, and an unknown one is none", () => {
  assert.equal(offsetName(Date.parse("2026-07-01T00:00Z"), "Europe/Madrid"), "UTC+02:00");
  assert.equal(offsetName(Date.parse("2026-07-01T00:00Z"), "America/St_Johns"), "UTC-02:30");
  assert.equal(offsetName(0, "UTC"), "UTC+00:00");
  assert.equal(placeOf("America/Argentina/Buenos_Aires"), "Buenos Aires");
  assert.deepEqual(["Asia/Riyadh", "UTC", "Mars/Base", "", undefined].map(isZone), [
    true,
    true,
    false,
    false,
    false,
  ]);
});
