#pragma once
/// @file server/followup/rule/settings.h
/// What a plan says of a rule: named values, each of a kind that the rule's table of parameters states.
/// Units: a duration in seconds; an amount in the unit of the measure's limits. Pure; safe from any thread.
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/followup/rule/zone.h"

namespace varde::followup::rule {

enum class Kind : std::uint8_t {
  zone,      ///< valueCode yellow or red
  word,      ///< valueCode, one of Parameter::words
  count,     ///< valuePositiveInt
  duration,  ///< valueDuration: min, h, d, wk
  amount,    ///< valueQuantity in a unit of the measure; may be negative
  percent    ///< valueDecimal; may be negative
};

struct Parameter {
  std::string_view name;
  Kind kind;
  bool required = false;
  std::string_view words = {};  ///< of Kind::word, parted by blanks
};

class Settings {
 public:
  void set(std::string_view name, std::string value) { values_.emplace_back(std::string(name), std::move(value)); }
  bool has(std::string_view name) const { return find(name) != nullptr; }
  std::string_view text(std::string_view name) const { return find(name) ? *find(name) : std::string_view{}; }
  double number(std::string_view name, double otherwise = 0) const;
  std::size_t count(std::string_view name, std::size_t otherwise) const;
  std::chrono::seconds duration(std::string_view name, std::chrono::seconds otherwise) const;
  Zone zone(std::string_view name, Zone otherwise = Zone::yellow) const;

  const std::vector<std::pair<std::string, std::string>>& values() const { return values_; }
  bool operator==(const Settings&) const = default;

 private:
  const std::string* find(std::string_view name) const;
  std::vector<std::pair<std::string, std::string>> values_;  ///< few: literals, in the order of the rule's table
};

}  // namespace varde::followup::rule
