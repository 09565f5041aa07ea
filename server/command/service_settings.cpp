#include "server/command/service_settings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "fhir-model/text/trim.h"
#include "server/followup/journal/kind.h"

namespace varde::command {
namespace {

using fhir::text::trimmed;

using followup::OpeningHours;
using followup::Response;
using Shift = OpeningHours::Shift;

constexpr std::array<std::string_view, 8> kDays{"mon", "tue", "wed", "thu", "fri", "sat", "sun", "holidays"};
constexpr std::size_t kHolidays = 7;

std::optional<int> number_in(std::string_view text, int most) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < 0 || number > most) return std::nullopt;
  return number;
}

// --- opening hours ---------------------------------------------------------------------------------------------------

Failure no_hours() {
  return {Fault::parameter_malformed,
          "must be DAYS HH:MM-HH:MM, such as mon-thu 08:00-15:30, fri 08:00-15:00, holidays 10:00-14:00"};
}

/// "08:00"; "24:00" is the end of the day.
std::optional<std::chrono::minutes> time_in(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const auto hours = number_in(text.substr(0, 2), 24), minutes = number_in(text.substr(3), 59);
  if (!hours || !minutes || (*hours == 24 && *minutes != 0)) return std::nullopt;
  return std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
}

std::optional<std::size_t> day_in(std::string_view text) {
  const auto day = std::find(kDays.begin(), kDays.end(), text);
  return day == kDays.end() ? std::nullopt : std::optional(static_cast<std::size_t>(day - kDays.begin()));
}

struct Days {
  std::size_t first = 0, last = 0;
};
std::optional<Days> days_in(std::string_view text) {
  const auto dash = text.find('-');
  const auto first = day_in(text.substr(0, dash));
  const auto last = dash == text.npos ? first : day_in(text.substr(dash + 1));
  if (!first || !last || *first > *last || (*last == kHolidays && *first != kHolidays)) return std::nullopt;
  return Days{*first, *last};
}

std::optional<Shift> shift_in(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == text.npos) return std::nullopt;
  const auto opens = time_in(trimmed(text.substr(0, dash))), closes = time_in(trimmed(text.substr(dash + 1)));
  if (!opens || !closes || *opens >= *closes) return std::nullopt;
  return Shift{*opens, *closes};
}

std::optional<Shift>& shift_of(OpeningHours& hours, std::size_t day) {
  return day == kHolidays ? hours.holidays : hours.days.at(day);
}

Result<void> add_days(OpeningHours& hours, std::string_view text) {
  const auto blank = text.find(' ');
  const auto days = days_in(text.substr(0, blank));
  const auto shift = blank == text.npos ? std::nullopt : shift_in(trimmed(text.substr(blank)));
  if (!days || !shift) return tl::unexpected<Failure>(no_hours());
  for (auto day = days->first; day <= days->last; ++day) {
    if (shift_of(hours, day)) return fail(Fault::parameter_malformed, fmt::format("must name {} once", kDays.at(day)));
    shift_of(hours, day) = *shift;
  }
  return {};
}

std::string shown(const Shift& shift) {
  const auto text = [](std::chrono::minutes time) {
    return fmt::format("{:02}:{:02}", time.count() / 60, time.count() % 60);
  };
  return text(shift.opens) + "-" + text(shift.closes);
}

// --- response times --------------------------------------------------------------------------------------------------

struct TimeRow {
  std::string_view unit;
  Response response;
  int minutes;  ///< of one; 0: it is counted otherwise
};
// clang-format off
constexpr std::array kTimes{
    TimeRow{"min",    Response::minutes, 1},
    TimeRow{"h",      Response::minutes, 60},
    TimeRow{"shifts", Response::shifts,  0},
    TimeRow{"d",      Response::days,    0},
};
// clang-format on

std::optional<followup::ResponseTime> response_in(std::string_view text) {
  constexpr int kLongest = 31 * 24 * 60;
  if (text == "shift") return followup::ResponseTime{Response::shift, 0};
  const auto unit = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto row =
      std::find_if(kTimes.begin(), kTimes.end(), [&](const TimeRow& each) { return each.unit == text.substr(unit); });
  const auto number = number_in(text.substr(0, unit), kLongest);
  if (row == kTimes.end() || !number || *number == 0) return std::nullopt;
  if (row->minutes == 0)
    return *number > 31 ? std::nullopt : std::optional(followup::ResponseTime{row->response, *number});
  const int minutes = *number * row->minutes;
  return minutes > kLongest ? std::nullopt : std::optional(followup::ResponseTime{row->response, minutes});
}

std::string shown(const followup::ResponseTime& time) {
  switch (time.response) {
    case Response::minutes: return fmt::format("{}min", time.amount);
    case Response::shift: return "shift";
    case Response::shifts: return fmt::format("{}shifts", time.amount);
    case Response::days: return fmt::format("{}d", time.amount);
  }
  return {};
}

}  // namespace

Result<void> set_opening_hours(Config& config, std::string_view value) {
  OpeningHours hours;
  hours.days.fill(std::nullopt);
  while (!value.empty()) {
    const auto one = value.substr(0, value.find(','));
    value.remove_prefix(std::min(one.size() + 1, value.size()));
    FHIR_TRY(add_days(hours, trimmed(one)));
  }
  if (std::none_of(hours.days.begin(), hours.days.end(), [](const auto& shift) { return shift.has_value(); }))
    return tl::unexpected<Failure>(no_hours());
  config.service.hours = hours;
  return {};
}

std::string show_opening_hours(const Config& config) {
  OpeningHours hours = config.service.hours;
  std::string out;
  for (std::size_t day = 0; day < kDays.size();) {
    auto last = day;
    const auto shift = shift_of(hours, day);
    while (last + 1 < kHolidays && shift_of(hours, last + 1) == shift) ++last;
    if (shift) {
      out.append(out.empty() ? "" : ", ").append(kDays.at(day));
      if (last > day) out.append("-").append(kDays.at(last));
      out.append(" ").append(shown(*shift));
    }
    day = last + 1;
  }
  return out;
}

Result<void> set_response_times(Config& config, std::string_view value) {
  auto responses = followup::Service::usual_responses();
  while (!value.empty()) {
    const auto one = value.substr(0, value.find(' '));
    value = trimmed(value.substr(one.size()));
    const auto equals = std::min(one.find('='), one.size());
    const auto colour = followup::colour_of_code(one.substr(0, equals));
    const auto time = response_in(one.substr(std::min(equals + 1, one.size())));
    if (!colour || !time) {
      std::string codes;
      for (const auto& row : followup::kColours) codes.append(codes.empty() ? "" : ", ").append(row.code);
      return fail(
          Fault::parameter_malformed,
          fmt::format("must be COLOUR=TIME, such as red=30min yellow=shift not-done=2shifts grey=14d; the colours "
                      "are {}, a time is 1min to 31d",
                      codes));
    }
    responses.at(static_cast<std::size_t>(*colour)) = *time;
  }
  config.service.responses = responses;
  return {};
}

std::string show_response_times(const Config& config) {
  std::string out;
  for (const auto& row : followup::kColours)
    out.append(out.empty() ? "" : " ")
        .append(row.code)
        .append("=")
        .append(shown(config.service.responses.at(static_cast<std::size_t>(row.colour))));
  return out;
}

Result<void> set_journal(Config& config, std::string_view value) {
  std::vector<std::string> kinds;
  while (!value.empty()) {
    const auto one = value.substr(0, value.find(' '));
    value = trimmed(value.substr(one.size()));
    if (!followup::journal::find_kind(one))
      return fail(Fault::parameter_malformed,
                  fmt::format("must be of {}, with spaces between several", followup::journal::kind_codes()));
    kinds.emplace_back(one);
  }
  config.service.journal = std::move(kinds);
  return {};
}

std::string show_journal(const Config& config) { return fmt::format("{}", fmt::join(config.service.journal, " ")); }

}  // namespace varde::command
