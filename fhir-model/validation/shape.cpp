#include "fhir-model/validation/shape.h"

#include <deque>
#include <string>
#include <vector>

namespace varde::fhir {
namespace {

struct Shapes {
  std::vector<std::uint16_t> slots;                 // by element row
  std::vector<std::vector<RequiredSlot>> required;  // by type
  std::deque<std::string> choice_names;             // "medication[x]", kept where views may point

  Shapes() : slots(elements().size()), required(types().size()) {
    for (std::size_t type = 0; type < types().size(); ++type) arrange(static_cast<TypeId>(type));
  }

  void arrange(TypeId type) {
    const auto rows = elements_of(type);
    const ElementRow* first = nullptr;
    for (const ElementRow& row : rows) {
      const bool same_choice = first != nullptr && !row.choice.empty() && row.choice == first->choice;
      if (!same_choice) {
        first = &row;
        if (row.min > 0) {
          const bool choice = !row.choice.empty();
          const std::string_view name =
              choice ? std::string_view(choice_names.emplace_back(std::string(row.choice) + "[x]")) : row.name;
          required[static_cast<std::size_t>(type)].push_back({first->order, name});
        }
      }
      slots[static_cast<std::size_t>(&row - elements().data())] = first->order;
    }
  }
};

const Shapes& shapes() {
  static const Shapes kShapes;
  return kShapes;
}

}  // namespace

std::uint16_t slot_of(const ElementRow& row) {
  return shapes().slots[static_cast<std::size_t>(&row - elements().data())];
}
std::span<const RequiredSlot> required_slots(TypeId type) { return shapes().required[static_cast<std::size_t>(type)]; }

}  // namespace varde::fhir
