#include "server/followup/rule/zone.h"

#include <algorithm>
#include <array>

namespace varde::followup {

namespace {

struct ZoneRow {
  Zone zone;
  char letter;
  std::string_view code, norwegian;
};
// clang-format off
constexpr std::array kZones{
    ZoneRow{Zone::green,  'g', "green",  "grønn"},
    ZoneRow{Zone::grey,   '-', "grey",   "grå"},
    ZoneRow{Zone::yellow, 'y', "yellow", "gul"},
    ZoneRow{Zone::red,    'r', "red",    "rød"},
};
// clang-format on
const ZoneRow& row_of(Zone zone) { return kZones[static_cast<std::size_t>(zone)]; }

}  // namespace

char letter(Zone zone) { return row_of(zone).letter; }
std::string_view code(Zone zone) { return row_of(zone).code; }
std::string_view norwegian(Zone zone) { return row_of(zone).norwegian; }

std::optional<Zone> zone_of(std::string_view code) {
  for (const auto& row : kZones)
    if (row.code == code) return row.zone;
  return std::nullopt;
}

std::optional<Zone> zone_of(char letter) {
  for (const auto& row : kZones)
    if (row.letter == letter) return row.zone;
  return std::nullopt;
}

}  // namespace varde::followup
