#pragma once
/// @file server/followup/journal/kind.h
/// What a journal entry is about, as the municipal journals number or name it: CodeSystem journal-kind.
/// Source: README.md, "Journal". Pure.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace varde::followup::journal {

struct KindRow {
  std::string_view code, name;
};
// clang-format off
inline constexpr std::array kKinds{
    KindRow{"135",         "Henvisning"},
    KindRow{"136",         "Samtale"},
    KindRow{"170",         "Kartlegging"},
    KindRow{"measurement", "Måling og varsel"},
    KindRow{"message",     "Meldinger med pasienten"},
    KindRow{"plan",        "Egenbehandlingsplan"},
    KindRow{"course",      "Tjenesteforløp"},
};
// clang-format on

/// nullptr: there is none.
constexpr const KindRow* find_kind(std::string_view code) {
  const auto row = std::find_if(kKinds.begin(), kKinds.end(), [&](const KindRow& each) { return each.code == code; });
  return row == kKinds.end() ? nullptr : &*row;
}
/// "135, 136, …"
inline std::string kind_codes() {
  std::string codes;
  for (const auto& row : kKinds) codes.append(codes.empty() ? "" : ", ").append(row.code);
  return codes;
}

}  // namespace varde::followup::journal
