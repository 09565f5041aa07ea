#include "fhir-model/ucum/jsonl.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <initializer_list>
#include <vector>

#include "fhir-model/json/json.h"
#include "fhir-model/json/members.h"
#include "fhir-model/ucum/ucum.h"

namespace varde::fhir {
namespace {

using json::Kind;
using json::Member;

std::string quoted(std::string_view text) {
  std::string out;
  write_json_string(text, out);
  return out;
}

std::string error(std::string_view what) { return "{\"error\":" + quoted(what) + "}"; }
std::string invalid(std::string_view what) { return "{\"valid\":false,\"error\":" + quoted(what) + "}"; }

/// null for what no number holds, such as 1000 bel.
std::string number(double value) { return std::isfinite(value) ? fmt::format("{}", value) : "null"; }

const Member* first_of(const std::vector<Member>& members, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    const auto found = std::ranges::find(members, name, &Member::name);
    if (found != members.end() && found->kind != Kind::null) return &*found;
  }
  return nullptr;
}

Result<double> value_of(const Member* member) {
  if (!member) return 1;
  double value = 0;
  const char* end = member->text.data() + member->text.size();
  const bool text = member->kind == Kind::number || member->kind == Kind::string;
  const auto [rest, problem] = std::from_chars(member->text.data(), end, value);
  if (!text || rest != end || problem != std::errc{} || !std::isfinite(value))
    return fail(Fault::value_malformed, "\"value\" is a number, such as 120 or \"36.90\".");
  return value;
}

}  // namespace

std::string ucum_line(std::string_view json_line) {
  const auto members = json::read_members(json_line);
  if (!members) return error(members.error().diagnostics);
  const auto* unit = first_of(*members, {"unit", "code", "from", "source"});
  const auto* to = first_of(*members, {"to", "target"});
  if (!unit || unit->kind != Kind::string) return error("A line needs \"unit\", a UCUM code.");
  if (to && to->kind != Kind::string) return error("\"to\" is a UCUM code.");
  const auto value = value_of(first_of(*members, {"value"}));
  if (!value) return error(value.error().diagnostics);
  if (to) {
    const auto converted = convert(*value, unit->text, to->text);
    if (!converted) return error(converted.error().diagnostics);
    return fmt::format(R"({{"value":{},"unit":{}}})", number(*converted), quoted(to->text));
  }
  const auto canonical = to_canonical(*value, unit->text);
  if (!canonical) return invalid(canonical.error().diagnostics);
  return fmt::format(R"({{"valid":true,"canonical":{{"value":{},"unit":{}}}}})", number(canonical->value),
                     quoted(canonical->unit));
}

}  // namespace varde::fhir
