/// Location.near: https://hl7.org/fhir/R4/location.html#positional
/// A place is a row of two whole numbers in the table of spans: latitude and longitude in millionths of a degree, a
/// tenth of a metre. A walk is a belt of latitudes; how far a place is, its entry tells.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numbers>

#include "server/search/kind/kind.h"

namespace varde::search {
namespace {

constexpr double kMillionths = 1e6, kEarth = 6'371'008.8;  // metres, the mean radius
constexpr double kUsual = 50'000;                          // metres, where no distance is said

struct UnitRow {
  std::string_view code;
  double metres;
};
constexpr std::array kUnits{UnitRow{"km", 1000},          UnitRow{"m", 1},           UnitRow{"[mi_i]", 1609.344},
                            UnitRow{"[mi_us]", 1609.347}, UnitRow{"[ft_i]", 0.3048}, UnitRow{"cm", 0.01}};

std::optional<double> number(std::string_view text) {
  double out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, std::chars_format::fixed);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(out)) return std::nullopt;
  return out;
}
double radians(double degrees) { return degrees * std::numbers::pi / 180; }

/// Along the surface of a sphere.
double metres_between(double latitude, double longitude, double other_latitude, double other_longitude) {
  const double up = std::sin(radians(other_latitude - latitude) / 2),
               along = std::sin(radians(other_longitude - longitude) / 2);
  const double a = up * up + std::cos(radians(latitude)) * std::cos(radians(other_latitude)) * along * along;
  return 2 * kEarth * std::asin(std::sqrt(std::min(a, 1.0)));
}

void index(fhir::Element position, const Indexing& to) {
  const auto latitude = number(position["latitude"].value()), longitude = number(position["longitude"].value());
  if (!latitude || !longitude || std::abs(*latitude) > 90 || std::abs(*longitude) > 180) return;
  const auto place = [](double degrees) {
    return Instant(std::chrono::microseconds(std::llround(degrees * kMillionths)));
  };
  to.rows.dates.push_back({to.parameter.own_key, place(*latitude), place(*longitude)});
}

/// [latitude]|[longitude]|[distance]|[units]
Result<void> read(Criterion& criterion, std::string text, std::string_view, const Asking&) {
  const auto malformed = [] {
    return fail(
        Fault::parameter_malformed,
        "near is [latitude]|[longitude]|[distance]|[units], such as 59.91|10.75|5|km, in degrees of WGS84; the "
        "units are km, m, cm, [mi_i], [mi_us] or [ft_i], and km where none is said; without a distance it is 50 km.",
        "near");
  };
  std::vector<std::string> parts(1);
  for (const char c : text)
    if (c == '|')
      parts.emplace_back();
    else
      parts.back() += c;
  if (parts.size() < 2 || parts.size() > 4) return malformed();
  const auto latitude = number(parts[0]), longitude = number(parts[1]);
  if (!latitude || !longitude || std::abs(*latitude) > 90 || std::abs(*longitude) > 180) return malformed();
  PlaceValue out{*latitude, *longitude, kUsual};
  if (parts.size() > 2 && !parts[2].empty()) {
    const auto distance = number(parts[2]);
    const std::string_view code = parts.size() > 3 && !parts[3].empty() ? std::string_view(parts[3]) : "km";
    const auto unit = std::ranges::find(kUnits, code, &UnitRow::code);
    if (!distance || *distance < 0 || unit == kUnits.end()) return malformed();
    out.metres = *distance * unit->metres;
  } else if (parts.size() > 3 && !parts[3].empty()) {
    return malformed();
  }
  criterion.values.emplace_back(out);
  return {};
}

void ranges(const Criterion& criterion, const Value& value, storage::PatientKey, std::vector<Range>& out) {
  const auto& place = std::get<PlaceValue>(value);
  const double belt = place.metres / kEarth * 180 / std::numbers::pi + 2 / kMillionths;
  for (const ParameterKey key : criterion.keys) {
    Range one{Walk::date, {cell(key)}};
    one.from = std::int64_t{std::llround(std::max(place.latitude - belt, -91.0) * kMillionths)};
    one.until = std::int64_t{std::llround(std::min(place.latitude + belt, 91.0) * kMillionths)} + 1;
    out.push_back(std::move(one));
  }
}

}  // namespace

bool PlaceValue::matches(const IndexEntry& entry) const {
  return entry.kind == storage::EntryKind::date &&
         metres_between(latitude, longitude, static_cast<double>(entry.first) / kMillionths,
                        static_cast<double>(entry.second) / kMillionths) <= metres;
}

const Kind kNear{.kind = fhir::SearchKind::special, .modifiers = "", .index = index, .read = read, .ranges = ranges};

}  // namespace varde::search
