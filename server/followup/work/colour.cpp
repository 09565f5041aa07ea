#include "server/followup/work/colour.h"

#include <algorithm>

#include "fhir-model/view/data_types.h"
#include "server/followup/codes.h"
#include "server/followup/parts.h"

namespace varde::followup {
namespace {

struct CodeRow {
  std::string_view code;
  Colour colour;
  Colour when_asap;  ///< of a Task of that code that cannot wait
};
// clang-format off
constexpr std::array kCodes{
    CodeRow{"alert",               Colour::yellow,    Colour::red},
    CodeRow{"green-measurement",   Colour::green,     Colour::green},
    CodeRow{"missing-measurement", Colour::not_done,  Colour::not_done},
    CodeRow{"message",             Colour::blue,      Colour::blue},
    CodeRow{"set-limits",          Colour::grey,      Colour::grey},
    CodeRow{"technical",           Colour::technical, Colour::technical},
    CodeRow{"message-overdue",     Colour::technical, Colour::technical},
    CodeRow{"message-refused",     Colour::technical, Colour::technical},
    CodeRow{"resume",              Colour::other,     Colour::red},  // the worst reading since the discharge is red
};
// clang-format on

constexpr bool in_order() {
  for (std::size_t i = 0; i < kColours.size(); ++i)
    if (static_cast<std::size_t>(kColours[i].colour) != i) return false;
  return true;
}
static_assert(in_order(), "one row per Colour, in order");

}  // namespace

std::optional<Colour> colour_of_code(std::string_view code) {
  for (const auto& row : kColours)
    if (row.code == code) return row.colour;
  return std::nullopt;
}

std::optional<Colour> colour_of(fhir::Element task) {
  const auto code = coding_of(fhir::view::CodeableConcept::of(task["code"]), codes::kTaskCode).code().text();
  if (code.empty()) return std::nullopt;
  const auto row = std::find_if(kCodes.begin(), kCodes.end(), [&](const CodeRow& each) { return each.code == code; });
  if (row == kCodes.end()) return Colour::other;
  const auto priority = task["priority"].value();
  return priority == "asap" || priority == "stat" ? row->when_asap : row->colour;
}

}  // namespace varde::followup
