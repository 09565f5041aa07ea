#include "server/interaction/text.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "fhir-model/json/json.h"
#include "fhir-model/text/percent.h"
#include "fhir-model/text/utf8.h"

namespace varde::interaction {
namespace {

using namespace std::chrono;
using fhir::text::percent_decoded;
using fhir::text::percent_encoded;
using fhir::text::Plus;

constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

void pad(std::string& out, int value, int width) {
  const std::string digits = std::to_string(value);
  out.append(static_cast<std::size_t>(std::max(0, width - static_cast<int>(digits.size()))), '0');
  out += digits;
}

struct Parts {
  year_month_day date;
  hh_mm_ss<milliseconds> time;
  explicit Parts(Instant at)
      : date(floor<days>(at)), time(floor<milliseconds>(at) - sys_time<milliseconds>(floor<days>(at))) {}
};

void append_time(std::string& out, const Parts& parts) {
  pad(out, static_cast<int>(parts.time.hours().count()), 2), out += ':';
  pad(out, static_cast<int>(parts.time.minutes().count()), 2), out += ':';
  pad(out, static_cast<int>(parts.time.seconds().count()), 2);
}

}  // namespace

std::string fhir_instant(Instant at) {
  const Parts parts(at);
  std::string out;
  out.reserve(24);
  pad(out, static_cast<int>(parts.date.year()), 4), out += '-';
  pad(out, static_cast<int>(static_cast<unsigned>(parts.date.month())), 2), out += '-';
  pad(out, static_cast<int>(static_cast<unsigned>(parts.date.day())), 2), out += 'T';
  append_time(out, parts);
  out += '.';
  pad(out, static_cast<int>(parts.time.subseconds().count()), 3);
  return out += 'Z';
}

std::string http_date(Instant at) {
  const Parts parts(at);
  std::string out(kDays[weekday(sys_days(parts.date)).c_encoding()]);
  out += ", ";
  pad(out, static_cast<int>(static_cast<unsigned>(parts.date.day())), 2), out += ' ';
  out += kMonths[static_cast<unsigned>(parts.date.month()) - 1];
  out += ' ';
  pad(out, static_cast<int>(parts.date.year()), 4), out += ' ';
  append_time(out, parts);
  return out += " GMT";
}

std::optional<Instant> parse_http_date(std::string_view text) {
  // Sun, 01 Mar 2026 08:15:30 GMT
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT") return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t size) {
    int value = 0;
    for (const char c : text.substr(at, size)) {
      if (c < '0' || c > '9') return -1;
      value = value * 10 + (c - '0');
    }
    return value;
  };
  unsigned month = 0;
  for (unsigned i = 0; i < kMonths.size(); ++i)
    if (text.substr(8, 3) == kMonths[i]) month = i + 1;
  const year_month_day date{year{number(12, 4)}, std::chrono::month{month}, day{static_cast<unsigned>(number(5, 2))}};
  const int h = number(17, 2), m = number(20, 2), s = number(23, 2);
  if (!date.ok() || h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 60) return std::nullopt;
  return sys_days(date) + hours(h) + minutes(m) + seconds(s);
}

void append_json_member(std::string& out, std::string_view name, std::string_view text) {
  if (!out.empty() && out.back() != '{' && out.back() != '[') out += ',';
  fhir::write_json_string(name, out);
  out += ':';
  fhir::write_json_string(text, out);
}

std::string with_query(const std::vector<std::pair<std::string, std::string>>& parameters) {
  std::string out;
  for (const auto& [name, value] : parameters)
    out += (out.empty() ? "?" : "&") + percent_encoded(name) + "=" + percent_encoded(value);
  return out;
}

std::optional<std::vector<std::pair<std::string, std::string>>> parse_form(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> out;
  while (!text.empty()) {
    const std::size_t end = text.find('&');
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    auto name = percent_decoded(pair.substr(0, equals), Plus::is_blank);
    auto value = percent_decoded(equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1),
                                 Plus::is_blank);
    if (!name || !value || !fhir::text::is_utf8(*name) || !fhir::text::is_utf8(*value)) return std::nullopt;
    out.emplace_back(std::move(*name), std::move(*value));
  }
  return out;
}

}  // namespace varde::interaction
