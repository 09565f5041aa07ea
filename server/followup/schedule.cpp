#include "server/followup/schedule.h"

#include <algorithm>
#include <charconv>

#include "fhir-model/view/service_request.h"
#include "server/followup/codes.h"
#include "server/followup/measure.h"

namespace varde::followup {

namespace view = fhir::view;

namespace {

using namespace std::chrono;

/// After the time of day that was agreed on.
constexpr hours kGrace{2};

/// http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation
struct Abbreviation {
  std::string_view code;
  int times, days;
};
constexpr std::array kAbbreviations{Abbreviation{"QD", 1, 1},  Abbreviation{"AM", 1, 1},  Abbreviation{"PM", 1, 1},
                                    Abbreviation{"BID", 2, 1}, Abbreviation{"TID", 3, 1}, Abbreviation{"QID", 4, 1},
                                    Abbreviation{"QOD", 1, 2}};

constexpr std::array<std::string_view, 7> kWeekdays{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

std::optional<int> whole(std::string_view literal, int otherwise) {
  if (literal.empty()) return otherwise;
  const auto number = number_of(literal);
  if (!number || *number < 1 || *number > 1000 || *number != static_cast<int>(*number)) return std::nullopt;
  return static_cast<int>(*number);
}

/// "08:30:00"
std::optional<seconds> time_of_day(std::string_view text) {
  if (text.size() < 5 || text[2] != ':') return std::nullopt;
  int hour = 0, minute = 0;
  const auto read = [&](std::size_t at, int& into) {
    const auto [end, error] = std::from_chars(text.data() + at, text.data() + at + 2, into);
    return error == std::errc{} && end == text.data() + at + 2;
  };
  if (!read(0, hour) || !read(3, minute) || hour > 23 || minute > 59) return std::nullopt;
  return hours{hour} + minutes{minute};
}

local_days day_in(Instant at, const time::Zone& zone) { return floor<days>(zone.wall(at)); }

local_days plus_months(local_days day, int count) {
  year_month_day date = year_month_day{day} + months{count};
  if (!date.ok()) date = date.year() / date.month() / last;
  return local_days{date};
}

}  // namespace

std::optional<Schedule> Schedule::of(fhir::Element service_request, const time::Zone& zone) {
  const auto request = view::ServiceRequest::of(service_request);
  const auto timing = request.occurrence().timing();
  const auto repeat = timing.repeat();
  Schedule out(zone);
  out.bounds_ = bounds_of(repeat.bounds().period(), zone);
  const auto authored = parse_instant(request.authored_on().text(), zone);
  const Instant anchor = out.bounds_.from != Instant::min() ? out.bounds_.from : authored.value_or(Instant{});
  out.anchor_ = day_in(anchor, zone);

  if (!repeat) {
    for (const auto coding : timing.code().coding())
      for (const auto& row : kAbbreviations)
        if (coding.code() == row.code) {
          out.times_ = row.times, out.days_ = row.days;
          return out;
        }
    return std::nullopt;
  }
  const auto times = whole(repeat.frequency().text(), 1), period = whole(repeat.period().text(), 1);
  if (!times || !period || repeat.count()) return std::nullopt;
  out.times_ = *times;
  const auto unit = repeat.period_unit().text();
  for (const auto day : repeat.day_of_week()) {
    const auto found = std::ranges::find(kWeekdays, std::string_view(day.text()));
    if (found == kWeekdays.end()) return std::nullopt;
    out.weekdays_[static_cast<std::size_t>(found - kWeekdays.begin())] = true;
  }
  for (const auto time : repeat.time_of_day()) {
    const auto read = time_of_day(time.text());
    if (!read) return std::nullopt;
    out.clock_times_.push_back(*read);
  }
  std::ranges::sort(out.clock_times_);
  const bool some_days = std::ranges::count(out.weekdays_, true) > 0;
  if (some_days || !out.clock_times_.empty()) {
    if (unit == "wk") out.times_ = 1;  // so often a week, and these are the days
    return out;
  }
  if (unit == "d") out.days_ = *period;
  if (unit == "wk") out.days_ = 7 * *period;
  if (unit == "mo") out.months_ = *period;
  if (unit == "a") out.months_ = 12 * *period;
  if (unit == "h" && 24 % *period == 0) out.days_ = 1, out.times_ *= 24 / *period;
  return out.days_ > 0 || out.months_ > 0 ? std::optional(std::move(out)) : std::nullopt;
}

Result<Deadline> deadline_of(fhir::Element service_request) {
  const auto extension = service_request.extension(codes::kDeadline);
  Deadline deadline;
  for (const auto part : extension.each("extension")) {
    const auto name = part["url"].value();
    if (name != "grace" && name != "remind")
      return fail(Fault::element_unknown, "en frist har grace og remind (a deadline holds grace and remind)",
                  part.path());
    const auto duration = part["valueDuration"];
    const auto number = number_of(duration["value"].value());
    const auto time = in_unit(number.value_or(0), duration["code"].value(), "s");
    if (!number || !time || *time < 1 || *time > 7 * 24 * 3600.0)
      return fail(
          Fault::value_malformed,
          "grace og remind er tider i min, h eller d på høyst sju døgn (grace and remind are valueDurations in min, "
          "h or d, of at most seven days)",
          part.path());
    (name == "grace" ? deadline.grace : deadline.remind) = std::chrono::seconds(static_cast<std::int64_t>(*time));
  }
  return deadline;
}

Instant Schedule::midnight(local_days day) const { return zone_.instant(time::Wall(day)); }

bool Schedule::has_day(local_days day) const {
  return std::ranges::count(weekdays_, true) == 0 || weekdays_[weekday{day}.c_encoding()];
}

/// The days of the week, or times of the day, one after the other.
std::optional<Window> Schedule::next_of_days(Instant from) const {
  constexpr int kFarthest = 9;  // one day of the week, and what was begun of it
  for (local_days day = day_in(from, zone_) - days{1}; day < day_in(from, zone_) + days{kFarthest}; day += days{1}) {
    if (!has_day(day)) continue;
    Instant begin = midnight(day);
    if (clock_times_.empty()) {
      if (begin >= from) return Window{begin, midnight(day + days{1}), times_};
      continue;
    }
    if (has_day(day - days{1})) begin = zone_.instant(time::Wall(day - days{1}) + clock_times_.back()) + kGrace;
    for (const seconds time : clock_times_) {
      const Instant end = zone_.instant(time::Wall(day) + time) + kGrace;
      if (begin >= from) return Window{begin, end, 1};
      begin = end;
    }
  }
  return std::nullopt;
}

/// So many times in so many days, or months, counted from the first.
std::optional<Window> Schedule::next_of_rhythm(Instant from) const {
  const auto begin_of = [&](int count) {
    return months_ > 0 ? plus_months(anchor_, count * months_) : anchor_ + days{count * days_};
  };
  const auto passed = (day_in(from, zone_) - anchor_).count();
  int count = std::max(0, static_cast<int>(passed / (months_ > 0 ? 31 * months_ : days_)));
  while (midnight(begin_of(count)) < from) ++count;
  return Window{midnight(begin_of(count)), midnight(begin_of(count + 1)), times_};
}

std::optional<Window> Schedule::next(Instant from) const {
  from = std::max(from, bounds_.from);
  const auto window = days_ > 0 || months_ > 0 ? next_of_rhythm(from) : next_of_days(from);
  return window && window->end <= bounds_.to ? window : std::nullopt;
}

}  // namespace varde::followup
