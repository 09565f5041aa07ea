#include "fhir-model/profile/draft.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

namespace varde::fhir::profile {
namespace {

constexpr std::string_view kBaseDefinitions = "http://hl7.org/fhir/StructureDefinition/";
constexpr std::string_view kUnbounded = "*";

std::string_view take_until(std::string_view& rest, char end) {
  const std::string_view first = rest.substr(0, rest.find(end));
  rest.remove_prefix(std::min(rest.size(), first.size() + 1));
  return first;
}

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string> texts(Element of, std::string_view name) {
  std::vector<std::string> out;
  for (const Element one : of.each(name)) out.emplace_back(one.value());
  return out;
}

Rule& find_or_add(std::vector<Rule>& among, std::string_view text, std::string Rule::*key) {
  for (Rule& rule : among)
    if (rule.*key == text) return rule;
  among.emplace_back();
  among.back().*key = text;
  return among.back();
}

Rule& child(Rule& of, std::string_view name) { return find_or_add(of.children, name, &Rule::name); }

/// "systolic/abnormal": a slice of a slice.
Rule& slice(Rule& of, std::string_view names) {
  Rule* at = &of;
  while (!names.empty()) {
    Rule& below = find_or_add(at->slices, take_until(names, '/'), &Rule::slice);
    below.name = at->name;
    at = &below;
  }
  return *at;
}

/// "Observation.component:systolic.code" without its slice names.
std::string path_of_id(std::string_view id) {
  std::string out;
  while (!id.empty()) {
    std::string_view segment = take_until(id, '.');
    if (!out.empty()) out += '.';
    out += take_until(segment, ':');
  }
  return out;
}

std::string_view last_slice_of_id(std::string_view id) {
  const std::size_t colon = id.rfind(':');
  return colon == std::string_view::npos || id.find('.', colon) != std::string_view::npos ? "" : id.substr(colon + 1);
}

// --- where an element's rules belong ---------------------------------------------------------------------------------

/// Ids name the slices on the way. Where a definition has no such ids, the order of its elements tells: what comes
/// after a slice, below its path, is about the slice.
class Places {
 public:
  Places(Rule& root, Element elements) : root_(root) {
    for (const Element element : elements.each("element")) {
      const std::string_view id = element["id"].value(), slice_name = element["sliceName"].value();
      if (path_of_id(id) != element["path"].value() || (!slice_name.empty() && last_slice_of_id(id) != slice_name))
        ids_tell_ = false;
    }
  }

  Rule& of(Element element) {
    return ids_tell_ ? by_id(element["id"].value()) : by_order(element["path"].value(), element["sliceName"].value());
  }

 private:
  Rule& by_id(std::string_view id) {
    Rule* at = &root_;
    take_until(id, '.');
    while (!id.empty()) {
      std::string_view segment = take_until(id, '.');
      at = &child(*at, take_until(segment, ':'));
      if (!segment.empty()) at = &slice(*at, segment);
    }
    return *at;
  }

  Rule& by_order(std::string_view path, std::string_view slice_name) {
    for (auto open = open_.begin(); open != open_.end();)
      open =
          open->first == path || open->first.starts_with(std::string(path) + ".") ? open_.erase(open) : std::next(open);
    if (!slice_name.empty()) open_.emplace(path, slice_name);
    Rule* at = &root_;
    std::string so_far(take_until(path, '.'));
    while (!path.empty()) {
      const std::string_view name = take_until(path, '.');
      so_far.append(".").append(name);
      at = &child(*at, name);
      if (const auto open = open_.find(so_far); open != open_.end()) at = &slice(*at, open->second);
    }
    return *at;
  }

  Rule& root_;
  bool ids_tell_ = true;
  std::map<std::string, std::string> open_;  ///< path -> the slice that is being described
};

// --- what an element says --------------------------------------------------------------------------------------------

AllowedType allowed_type(Element type) {
  AllowedType out{std::string(type["code"].value()), TypeId::none, texts(type, "profile"), texts(type, "targetProfile"),
                  texts(type, "aggregation")};
  constexpr std::string_view kSystem = "http://hl7.org/fhirpath/System.";
  if (out.code.starts_with(kSystem)) {
    out.code.erase(0, kSystem.size());
    out.code.front() = static_cast<char>(out.code.front() | 0x20);
  }
  if (out.code.starts_with(kBaseDefinitions)) out.code.erase(0, kBaseDefinitions.size());
  out.type = find_type(out.code);
  return out;
}

Result<Slicing> slicing_of(Element element) {
  Slicing out;
  const std::string_view rest = element["rules"].value();
  out.rest = rest == "closed"      ? Slicing::Rest::closed
             : rest == "openAtEnd" ? Slicing::Rest::open_at_end
                                   : Slicing::Rest::open;
  out.ordered = element["ordered"].value() == "true";
  for (const Element one : element.each("discriminator")) {
    const std::string_view kind = one["type"].value();
    Discriminator by;
    by.kind = kind == "exists"    ? Discriminator::Kind::exists
              : kind == "type"    ? Discriminator::Kind::type
              : kind == "profile" ? Discriminator::Kind::profile
                                  : Discriminator::Kind::value;  // and `pattern`, which means the same
    auto path = parse_discriminator(one["path"].value());
    if (!path) {
      path.error().expression = one["path"].path();
      return hand_on(path);
    }
    by.path = std::move(*path);
    out.by.push_back(std::move(by));
  }
  return out;
}

/// What R4 itself says of every element is checked with the base.
bool is_of_the_base(Element constraint, std::string_view source) {
  const std::string_view key = constraint["key"].value(), from = constraint["source"].value();
  if (key.starts_with("ele-") || key.starts_with("dom-") || key.starts_with("ext-")) return true;
  return from != source && from.starts_with(kBaseDefinitions) &&
         find_type(from.substr(kBaseDefinitions.size())) != TypeId::none;
}

Result<void> read_constraints(Rule& rule, Element element, std::string_view source) {
  for (const Element one : element.each("constraint")) {
    const std::string_view key = one["key"].value();
    if (!one["expression"].has_value() || is_of_the_base(one, source)) continue;
    if (std::ranges::any_of(rule.constraints, [&](const Constraint& known) { return known.key == key; })) continue;
    auto expression = fhirpath::compile(one["expression"].value());
    if (!expression)
      return fail(Fault::value_malformed, fmt::format("Constraint {}: {}", key, expression.error().diagnostics),
                  one["expression"].path());
    rule.constraints.push_back({std::string(key), std::string(one["human"].value()), one["severity"].value() == "error",
                                std::move(*expression)});
  }
  return {};
}

Result<void> read_cardinality(Rule& rule, Element element) {
  if (const Element min = element["min"]; min.has_value()) {
    rule.min = number(min.value());
    if (!rule.min) return fail(Fault::value_malformed, "min is a number from 0.", min.path());
  }
  if (const Element max = element["max"]; max.has_value()) {
    rule.max = number(max.value());
    if (!rule.max && max.value() != kUnbounded)
      return fail(Fault::value_malformed, "max is a number from 0, or *.", max.path());
  }
  return {};
}

Result<void> read(Rule& rule, Element element, std::string_view source) {
  rule.source = source;
  if (auto read = read_cardinality(rule, element); !read) return read;
  if (element["type"]) {
    rule.types.clear();
    for (const Element type : element.each("type")) rule.types.push_back(allowed_type(type));
  }
  if (const Element fixed = element.choice("fixed")) rule.fixed = fixed;
  if (const Element pattern = element.choice("pattern")) rule.pattern = pattern;
  if (const Element lowest = element.choice("minValue")) rule.lowest = lowest;
  if (const Element highest = element.choice("maxValue")) rule.highest = highest;
  if (const Element most = element["maxLength"]; most.has_value()) rule.most_characters = number(most.value());
  if (const Element binding = element["binding"]; binding["strength"].value() == "required")
    rule.value_set = binding["valueSet"].value();
  if (const Element slicing = element["slicing"]) {
    auto read = slicing_of(slicing);
    FHIR_TRY(read);
    if (!read->by.empty() || !rule.slicing) rule.slicing = std::move(*read);
  }
  return read_constraints(rule, element, source);
}

/// What is understood without being said: extensions are told apart by their url, choices by their type.
void complete(Rule& rule) {
  if (!rule.slices.empty() && !rule.slicing) {
    Slicing slicing;
    if (rule.name == "extension" || rule.name == "modifierExtension")
      slicing.by.push_back({Discriminator::Kind::value, {{Step::Kind::child, "url"}}});
    else if (rule.name.ends_with("[x]"))
      slicing.by.push_back({Discriminator::Kind::type, {}});
    rule.slicing = std::move(slicing);
  }
  for (Rule& below : rule.children) complete(below);
  for (Rule& below : rule.slices) {
    if (below.slicing == std::nullopt && !below.slices.empty()) below.slicing = rule.slicing;  // a slice of a slice
    complete(below);
  }
}

// --- limits: a definition may come from anybody ----------------------------------------------------------------------

Result<void> check_size(Element elements) {
  constexpr std::size_t kMostElements = 10'000, kMostSteps = 64;
  std::size_t count = 0;
  for (const Element element : elements.each("element")) {
    if (++count > kMostElements)
      return fail(Fault::too_large, fmt::format("A profile has {} elements at most.", kMostElements), elements.path());
    for (const std::string_view name : {"id", "path", "sliceName"})
      if (std::ranges::count_if(element[name].value(), [](char c) { return c == '.' || c == '/'; }) >
          static_cast<std::ptrdiff_t>(kMostSteps))
        return fail(Fault::too_deep, fmt::format("A path has {} steps at most.", kMostSteps), element[name].path());
  }
  return {};
}

// --- that it speaks of elements which exist
// ---------------------------------------------------------------------------

std::vector<TypeId> types_of(const Rule& rule, TypeId parent) {
  std::vector<TypeId> out;
  const std::string_view name = rule.name;
  const bool choice = name.ends_with("[x]");
  for (const ElementRow& row : elements_of(parent))
    if (row.name == name || (choice && row.choice == name.substr(0, name.size() - 3))) out.push_back(row.type);
  return out;
}

/// Of a resource that stands inside another, only the profile may know the type.
bool has_any_type(TypeId type) { return row_of(type).kind == TypeKind::abstract_resource; }

Result<void> check_names(const Rule& rule, const std::vector<TypeId>& types) {
  for (const Rule& child : rule.children) {
    std::vector<TypeId> found;
    for (const TypeId type : types) {
      if (has_any_type(type)) return {};
      const auto of_this = types_of(child, type);
      found.insert(found.end(), of_this.begin(), of_this.end());
    }
    if (found.empty())
      return fail(Fault::element_unknown,
                  fmt::format("{} speaks of an element {} that {} does not have.", child.source, child.name,
                              types.empty() ? "its type" : row_of(types.front()).name));
    if (auto below = check_names(child, found); !below) return below;
    for (const Rule& slice : child.slices)
      if (auto below = check_names(slice, found); !below) return below;
  }
  return {};
}

}  // namespace

Result<void> lay(Rule& root, Element elements, std::string_view source) {
  if (auto small = check_size(elements); !small) return small;
  Places places(root, elements);
  for (const Element element : elements.each("element")) {
    if (!element["path"].has_value())
      return fail(Fault::required_missing, "An element of a profile needs its path.", element.path());
    if (auto done = read(places.of(element), element, source); !done) return done;
  }
  complete(root);
  return check_names(root, {find_type(root.name)});
}

Result<std::vector<Step>> parse_discriminator(std::string_view path) {
  std::vector<Step> steps;
  const auto refuse = [&] {
    return fail(
        Fault::not_supported,
        "A discriminator's path is made of element names, $this, resolve(), extension('url') and ofType(type).");
  };
  while (!path.empty()) {
    const std::size_t open = path.find_first_of(".(");
    std::string_view word = path.substr(0, open);
    std::optional<std::string_view> argument;
    if (open != std::string_view::npos && path[open] == '(') {
      const std::size_t close = path.find(')', open);
      if (close == std::string_view::npos) return refuse();
      argument = path.substr(open + 1, close - open - 1);
      path.remove_prefix(close + 1);
    } else {
      path.remove_prefix(word.size());
    }
    if (path.starts_with('.')) {
      path.remove_prefix(1);
      if (path.empty()) return refuse();
    } else if (!path.empty()) {
      return refuse();
    }
    if (word == "$this" && !argument) continue;
    if (!argument) {
      if (word.empty() || !std::ranges::all_of(word, [](char c) {
            return std::isalnum(static_cast<unsigned char>(c)) || c == '[' || c == ']';
          }))
        return refuse();
      if (word.ends_with("[x]")) word.remove_suffix(3);
      steps.push_back({Step::Kind::child, std::string(word)});
    } else if (word == "resolve" && argument->empty()) {
      steps.push_back({Step::Kind::resolve});
    } else if (word == "ofType" && find_type(*argument) != TypeId::none) {
      steps.push_back({Step::Kind::of_type, std::string(*argument)});
    } else if (word == "extension" && argument->size() > 2 && argument->front() == '\'' && argument->back() == '\'') {
      steps.push_back({Step::Kind::extension, std::string(argument->substr(1, argument->size() - 2))});
    } else {
      return refuse();
    }
  }
  return steps;
}

}  // namespace varde::fhir::profile
