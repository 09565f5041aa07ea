#include "server/followup/rule/settings.h"

#include <stdexcept>

#include "server/followup/measure.h"

namespace varde::followup::rule {

const std::string* Settings::find(std::string_view name) const {
  for (const auto& [known, value] : values_)
    if (known == name) return &value;
  return nullptr;
}

/// They were proved when the plan was written: anything else is damage.
double Settings::number(std::string_view name, double otherwise) const {
  const auto* value = find(name);
  if (!value) return otherwise;
  const auto number = number_of(*value);
  if (!number) throw std::invalid_argument("a rule's setting is not a number");
  return *number;
}

std::size_t Settings::count(std::string_view name, std::size_t otherwise) const {
  return static_cast<std::size_t>(number(name, static_cast<double>(otherwise)));
}

std::chrono::seconds Settings::duration(std::string_view name, std::chrono::seconds otherwise) const {
  return std::chrono::seconds(
      static_cast<std::chrono::seconds::rep>(number(name, static_cast<double>(otherwise.count()))));
}

Zone Settings::zone(std::string_view name, Zone otherwise) const {
  const auto* value = find(name);
  if (!value) return otherwise;
  const auto zone = zone_of(std::string_view(*value));
  if (!zone) throw std::invalid_argument("a rule's setting is not a zone");
  return *zone;
}

}  // namespace varde::followup::rule
