#pragma once
/// @file fhir-model/element/wanted.h
/// The elements that failures name, as a tree of steps: a codec goes once over the text that was sent, follows the
/// steps and notes where each element stands. What is not in the text gets the place of the nearest element around it.
#include <cstddef>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir-model/fault/fault.h"

namespace varde::fhir {

class Wanted {
 public:
  static constexpr std::size_t kAll = static_cast<std::size_t>(-1);  ///< the index of a step that names none

  class Step {
   public:
    /// nullptr when nobody asks for it or for anything inside it.
    Step* below(std::string_view name, std::size_t index);
    bool asks_below() const { return !below_.empty(); }
    /// The first place given stays.
    void stands_at(Place place);

   private:
    friend class Wanted;
    std::map<std::pair<std::string_view, std::size_t>, Step> below_;
    std::vector<Failure*> failures_;
    Place place_;
  };

  /// The failure and all in its `also`, without those that have a place or name no element; must outlive this.
  explicit Wanted(Failure& failure);
  /// The steps inside a resource of that type; nullptr when no failure is about such a one.
  Step* resource(std::string_view type) { return root_.below(type, kAll); }
  bool empty() const { return !root_.asks_below(); }
  /// Gives the failures their places.
  void settle() { settle(root_, {}); }

 private:
  void add(Failure& failure);
  static void settle(Step& step, Place around);

  Step root_;
};

}  // namespace varde::fhir
