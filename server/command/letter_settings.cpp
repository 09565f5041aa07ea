#include "server/command/letter_settings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "fhir-model/text/trim.h"
#include "norway/her_id.h"

namespace varde::command {
namespace {

using fhir::text::trimmed;
using messaging::LetterSwitch;

struct UnitRow {
  std::string_view unit;
  int minutes;
};
constexpr std::array kUnits{UnitRow{"min", 1}, UnitRow{"h", 60}, UnitRow{"d", 24 * 60}};
constexpr int kLongest = 31 * 24 * 60;
constexpr std::string_view kChosen = ":chosen", kNone = "none";

std::optional<std::chrono::minutes> wait_in(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const auto row = std::find_if(kUnits.begin(), kUnits.end(), [&](const UnitRow& each) { return each.unit == unit; });
  if (error != std::errc{} || row == kUnits.end() || number < 0 || number > kLongest / row->minutes)
    return std::nullopt;
  return std::chrono::minutes(number * row->minutes);
}

std::string shown(std::chrono::minutes wait) {
  const auto minutes = wait.count();
  for (auto row = kUnits.rbegin(); row != kUnits.rend(); ++row)
    if (minutes != 0 && minutes % row->minutes == 0) return fmt::format("{}{}", minutes / row->minutes, row->unit);
  return "0min";
}

std::optional<LetterSwitch> letter_in(std::string_view text) {
  const bool chosen = text.ends_with(kChosen);
  if (chosen) text.remove_suffix(kChosen.size());
  const auto equals = text.find('=');
  auto letter = messaging::letter::usual_letter(text.substr(0, equals));
  if (letter.code.empty()) return std::nullopt;
  letter.only_chosen = chosen;
  if (equals != text.npos) {
    const auto wait = wait_in(text.substr(equals + 1));
    if (!wait) return std::nullopt;
    letter.wait = *wait;
  }
  return letter;
}

}  // namespace

Result<void> set_letters(Config& config, std::string_view value) {
  std::vector<LetterSwitch> letters;
  value = trimmed(value);
  if (value == kNone) value = {};
  while (!value.empty()) {
    const auto one = value.substr(0, value.find(' '));
    value = trimmed(value.substr(one.size()));
    auto letter = letter_in(one);
    if (!letter)
      return fail(Fault::parameter_malformed,
                  fmt::format("must be LETTER, LETTER=WAIT or LETTER=WAIT:chosen with spaces between several, such as "
                              "service-notice=10min green-results=24h:chosen, or none; the letters are {}, a wait is "
                              "0min to 31d",
                              messaging::letter::letter_codes()));
    if (std::any_of(letters.begin(), letters.end(), [&](const auto& each) { return each.code == letter->code; }))
      return fail(Fault::parameter_malformed, fmt::format("must name {} once", letter->code));
    letters.push_back(std::move(*letter));
  }
  config.letters = std::move(letters);
  return {};
}

std::string show_letters(const Config& config) {
  std::string out;
  for (const auto& letter : config.letters)
    out += fmt::format("{}{}={}{}", out.empty() ? "" : " ", letter.code, shown(letter.wait),
                       letter.only_chosen ? kChosen : "");
  return out.empty() ? std::string(kNone) : out;
}

Result<void> set_epj(Config& config, std::string_view value) {
  value = trimmed(value);
  const auto her_id = value.substr(0, value.find(' '));
  if (!value.empty() && norway::plain_her_id(her_id).empty())
    return fail(Fault::parameter_malformed, "must be a HER-id and a name, such as 8100002 Varde kommune, EPJ");
  config.epj_her_id = norway::plain_her_id(her_id);
  config.epj_name = trimmed(value.substr(her_id.size()));
  return {};
}

Result<void> set_epj_url(Config& config, std::string_view value) {
  constexpr std::array<std::string_view, 4> kStarts{"https://",
                                                    "http://127.0.0.1:", "http://[::1]:", "http://localhost:"};
  const bool is_safe =
      std::any_of(kStarts.begin(), kStarts.end(), [&](auto start) { return value.starts_with(start); });
  if (!value.empty() && !is_safe)
    return fail(
        Fault::parameter_malformed,
        "must be https://…/epj/r4/ORGANISATION/bundle, or http on this machine: what is sent is about patients");
  config.epj_url = value;
  return {};
}

std::string show_epj(const Config& config) {
  return config.epj_her_id + (config.epj_name.empty() ? "" : " " + config.epj_name);
}

}  // namespace varde::command
