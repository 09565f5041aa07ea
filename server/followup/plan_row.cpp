#include "server/followup/plan_row.h"

#include <fmt/format.h>

#include <charconv>

#include "server/followup/table.h"

namespace varde::followup {

namespace {

std::string moment_text(Instant time) {
  if (time == Instant::min() || time == Instant::max()) return "-";
  return std::to_string(time.time_since_epoch().count());
}

Instant moment_from(std::string_view text, Instant open) {
  if (text == "-") return open;
  std::int64_t micros = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), micros);
  if (error != std::errc{} || end != text.data() + text.size()) throw Damaged("a stored plan has no period");
  return Instant{std::chrono::microseconds{micros}};
}

}  // namespace

/// "ServiceRequest/1/_history/2@<from>/<to>!<rule>!<rule> %;r:-:85;...", the moments in microseconds. Rows of earlier
/// versions have no period: those are in force as long as they stand.
std::string to_text(const PlanRow& row) {
  auto text = fmt::format("{}@{}/{}", row.source, moment_text(row.period.from), moment_text(row.period.to));
  for (const auto& asked : row.rules) text.append("!").append(to_text(asked));
  return text.append(" ").append(to_text(row.limits));  // last: a unit may hold blanks
}

PlanRow plan_row_from_text(std::string_view text) {
  const auto space = text.find(' ');
  if (space == std::string_view::npos) throw Damaged("a stored plan has no limits");
  const auto parts = split(text.substr(0, space), '!');
  const auto head = parts.front();
  const auto at = std::min(head.find('@'), head.size());
  PlanRow row{std::string(head.substr(0, at)), {}, {}, {}};
  if (at < head.size()) {
    const auto slash = std::min(head.find('/', at), head.size());
    row.period.from = moment_from(head.substr(at + 1, slash - at - 1), Instant::min());
    row.period.to = moment_from(head.substr(std::min(slash + 1, head.size())), Instant::max());
  }
  for (std::size_t i = 1; i < parts.size(); ++i) row.rules.push_back(asked_from_text(parts[i]));
  auto limits = checked(from_text(text.substr(space + 1)));
  if (!limits) throw Damaged("stored limits do not hold together");
  row.limits = std::move(*limits);
  return row;
}

}  // namespace varde::followup
