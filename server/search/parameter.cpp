#include "server/search/parameter.h"

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
#include <stdexcept>

#include "fhir-model/definitions/composites.h"
#include "fhir-model/text/trim.h"
#include "server/search/kind/kind.h"

namespace varde::search {
namespace {

using fhir::text::trimmed;

using fhir::SearchKind;
using fhir::SearchParameterRow;
using fhir::TypeId;

/// "(A.b as C)" -> "A.b as C"; brackets that do not enclose the whole stay.
std::string_view unwrapped(std::string_view text) {
  text = trimmed(text);
  while (text.starts_with('(') && text.ends_with(')')) {
    int depth = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '(') ++depth;
      if (text[i] == ')' && --depth == 0 && i + 1 < text.size()) return text;
    }
    text = trimmed(text.substr(1, text.size() - 2));
  }
  return text;
}

struct Restricted {
  std::string_view path;
  TypeId only = TypeId::none;
};
/// "Observation.subject.where(resolve() is Patient)" -> {"Observation.subject", Patient}
Restricted restricted(std::string_view path) {
  constexpr std::string_view kOpen = ".where(resolve() is ";
  const std::size_t at = path.find(kOpen);
  if (at == std::string_view::npos || !path.ends_with(')')) return {path};
  const std::string_view name = path.substr(at + kOpen.size(), path.size() - at - kOpen.size() - 1);
  const TypeId type = fhir::find_resource_type(name);
  return type == TypeId::none ? Restricted{path} : Restricted{path.substr(0, at), type};
}

/// The element a dotted path ends in, filters left out; nullptr for anything else. `many` is set when a step repeats.
const fhir::ElementRow* last_element(std::string_view path, bool& many) {
  const fhir::ElementRow* row = nullptr;
  TypeId type = TypeId::none;
  many = false;
  while (!path.empty()) {
    const std::size_t dot = path.find('.');
    const std::string_view step = path.substr(0, dot);
    path.remove_prefix(dot == std::string_view::npos ? path.size() : dot + 1);
    if (row && step.starts_with("where(")) continue;
    if (type == TypeId::none) {
      type = fhir::find_type(step);
      if (type == TypeId::none) return nullptr;
      continue;
    }
    row = fhir::find_element(type, step);
    if (!row) return nullptr;
    many = many || row->many;
    type = row->type;
  }
  return row;
}

/// Of a kind that works, and yet not what its name promises: no likeness of sound.
constexpr std::array<std::string_view, 1> kNotOffered{"phonetic"};

/// Searched by their words (kind/words.cpp): of the narrative, which DomainResources have, and of all texts.
/// Source: https://hl7.org/fhir/R4/search.html#content
constexpr std::array kFullText{SearchParameterRow{TypeId::none, "_content", SearchKind::special, {}, {}},
                               SearchParameterRow{TypeId::none, "_text", SearchKind::special, {}, {}}};

constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
bool is_any_resource(TypeId type) {
  return fhir::is_resource(type) || fhir::row_of(type).kind == fhir::TypeKind::abstract_resource;
}

std::vector<TypeId> types_in(std::string_view list) {
  std::vector<TypeId> out;
  const auto names = [&](std::string_view name) {
    for (std::string_view rest = list; !rest.empty();) {
      const std::size_t end = rest.find(' ');
      if (rest.substr(0, end) == name) return true;
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    return list.empty();
  };
  for (std::size_t i = 0; i < fhir::types().size(); ++i)
    if (const auto type = static_cast<TypeId>(i); fhir::is_resource(type) && names(fhir::row_of(type).name))
      out.push_back(type);
  return out;
}

/// The parameters of a type and those of every resource, with a lookup for "who alone is this expression".
struct Rows {
  TypeId type;
  std::vector<const SearchParameterRow*> rows;

  explicit Rows(TypeId t) : type(t) {
    for (const SearchParameterRow& row : fhir::search_parameters()) {
      const bool shared =
          fhir::row_of(row.type).kind == fhir::TypeKind::abstract_resource && fhir::derives_from(type, row.type);
      if ((row.type == type || shared) && is_supported(row.kind) &&
          std::ranges::find(kNotOffered, row.code) == kNotOffered.end())
        rows.push_back(&row);
    }
    static const TypeId kDomainResource = fhir::find_type("DomainResource");
    rows.push_back(&kFullText[0]);
    if (fhir::derives_from(type, kDomainResource)) rows.push_back(&kFullText[1]);
    std::ranges::sort(rows, {}, [](const auto* row) { return row->code; });
  }
  /// The first parameter that is that one path and nothing else.
  const SearchParameterRow* owner(SearchKind kind, std::string_view path) const {
    for (const auto* row : rows)
      if (row->kind == kind && unwrapped(row->expression) == path && alternatives(row->expression).size() == 1)
        return row;
    return nullptr;
  }
  /// A parameter of that kind which is some of these paths, this one among them, and not all: what is found by it is
  /// found by the whole.
  const SearchParameterRow* part_owner(SearchKind kind, std::string_view path,
                                       const std::vector<std::string_view>& whole) const {
    for (const auto* row : rows) {
      if (row->kind != kind) continue;
      const auto paths = alternatives(row->expression);
      const auto in_whole = [&](std::string_view one) { return std::ranges::find(whole, one) != whole.end(); };
      if (paths.size() > 1 && paths.size() < whole.size() && std::ranges::find(paths, path) != paths.end() &&
          std::ranges::all_of(paths, in_whole))
        return row;
    }
    return nullptr;
  }
};

storage::ParameterKey key_of(TypeId type, std::string_view code) {
  return storage::parameter_key(fhir::row_of(type).name, code);
}
storage::ParameterKey identifier_key_of(TypeId type, std::string_view code) {
  return storage::parameter_key(fhir::row_of(type).name, std::string(code) + ":identifier");
}

storage::ParameterKey text_key_of(TypeId type, std::string_view code) {
  return storage::parameter_key(fhir::row_of(type).name, std::string(code) + ":text");
}

/// https://hl7.org/fhir/R4/search.html#token: "When in doubt, servers SHOULD treat tokens in a case-insensitive
/// manner". A code's case may matter (UCUM), that of a text or an e-mail address does not.
bool has_no_case(TypeId type) {
  const std::string_view name = fhir::row_of(type).name;
  return name == "string" || name == "ContactPoint";
}

Parameter make(const Rows& rows, const SearchParameterRow& row) {
  Parameter out;
  out.code = row.code, out.kind = row.kind, out.targets = row.targets;
  if (row.kind == SearchKind::reference) out.target_types = types_in(row.targets);
  out.own_key = key_of(rows.type, row.code);
  out.identifier_key = identifier_key_of(rows.type, row.code);
  out.text_key = text_key_of(rows.type, row.code);
  out.long_key = storage::parameter_key(fhir::row_of(rows.type).name, std::string(row.code) + ":long");
  if (row.code == "_id" || row.code == "_lastUpdated") return out;  // columns of the resource itself
  if (row.kind == SearchKind::composite) return out;                // rows of its components
  if (row.expression.empty()) {                                     // full text; a narrative is a text, too
    out.keys.push_back(out.own_key);
    if (row.code == "_content") out.keys.push_back(key_of(rows.type, "_text"));
    return out;
  }
  const auto add_key = [&](std::string_view code) {
    if (std::ranges::find(out.keys, key_of(rows.type, code)) != out.keys.end()) return;
    out.keys.push_back(key_of(rows.type, code));
    out.identifier_keys.push_back(identifier_key_of(rows.type, code));
    out.text_keys.push_back(text_key_of(rows.type, code));
    if (find_kind(row.kind)->has_long_rows)
      out.long_keys.push_back(storage::parameter_key(fhir::row_of(rows.type).name, std::string(code) + ":long"));
  };
  const auto parts = alternatives(row.expression);
  bool own = false, all_codes = row.kind == SearchKind::token, single = parts.size() == 1;
  for (const std::string_view part : parts) {
    const Restricted target = row.kind == SearchKind::reference ? restricted(part) : Restricted{part};
    bool many = false;
    const fhir::ElementRow* element = last_element(target.path, many);
    all_codes = all_codes && element && fhir::row_of(element->type).name == "code";
    single = single && element && !many;
    out.ignores_case = out.ignores_case || (row.kind == SearchKind::token && element && has_no_case(element->type));
    const SearchParameterRow* owner = rows.owner(row.kind, target.path);
    if (owner && owner != &row) {
      if (target.only != TypeId::none && parts.size() == 1) out.only = target.only;
      if (target.only == TypeId::none || parts.size() == 1) {
        add_key(owner->code);
        continue;
      }
    }
    if (const auto* of_part = rows.part_owner(row.kind, part, parts)) {
      add_key(of_part->code);
      continue;
    }
    auto path = fhir::Path::compile(part);
    if (!path) throw std::logic_error("search parameter does not compile: " + std::string(row.code));
    out.paths.push_back(std::move(*path));
    if (!own) add_key(row.code);
    own = true;
  }
  out.codes_only = all_codes, out.single = single;
  const auto in_compartment = [&](std::string_view parameter) {
    return std::ranges::any_of(fhir::patient_compartment(rows.type),
                               [&](const auto& c) { return c.parameter == parameter; });
  };
  out.compartment = in_compartment(row.code);
  // The compartment's key is taken from `patient` or `subject` before any other parameter: see compartment.h.
  const bool leads = row.code == "patient" || row.code == "subject";
  const bool led = in_compartment("patient") || in_compartment("subject");
  out.narrows = leads && led && single && row.kind == SearchKind::reference;
  return out;
}

std::vector<Parameter::Component> components(const TypeParameters& of, std::string_view code) {
  std::vector<Parameter::Component> out;
  for (std::string_view rest = fhir::components_of(of.type, code); !rest.empty();) {
    const std::size_t end = rest.find(' ');
    std::string_view name = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    const bool elsewhere = name.starts_with('%');
    if (elsewhere) name.remove_prefix(1);
    const Parameter* found = of.find(name);
    if (!found) throw std::logic_error("a composite has a component that is no parameter: " + std::string(code));
    out.push_back({found, elsewhere});
  }
  return out;
}

std::unique_ptr<TypeParameters> make(TypeId type) {
  auto out = std::make_unique<TypeParameters>();
  out->type = type;
  const Rows rows(type);
  for (const auto* row : rows.rows) out->all.push_back(make(rows, *row));
  for (Parameter& parameter : out->all)
    if (parameter.kind == SearchKind::composite) parameter.components = components(*out, parameter.code);
  return out;
}

}  // namespace

std::vector<std::string_view> alternatives(std::string_view expression) {
  std::vector<std::string_view> out;
  int depth = 0;
  bool quoted = false;
  std::size_t start = 0;
  for (std::size_t i = 0; i <= expression.size(); ++i) {
    if (i < expression.size() && expression[i] == '\'') quoted = !quoted;
    if (quoted && i < expression.size()) continue;
    if (i < expression.size() && expression[i] == '(') ++depth;
    if (i < expression.size() && expression[i] == ')') --depth;
    if (i < expression.size() && (expression[i] != '|' || depth != 0)) continue;
    out.push_back(unwrapped(expression.substr(start, i - start)));
    start = i + 1;
  }
  return out;
}

bool is_of(TypeId type, std::string_view alternative) {
  while (alternative.starts_with('(')) alternative.remove_prefix(1);
  const TypeId root = fhir::find_type(alternative.substr(0, alternative.find_first_not_of(kLetters)));
  return root == TypeId::none || !is_any_resource(root) || fhir::derives_from(type, root);
}

Result<Parameter> parameter_of(TypeId type, std::string_view code, std::optional<SearchKind> kind,
                               std::string_view expression, std::string_view targets) {
  if (!kind || !is_supported(*kind) || !find_kind(*kind)->index || *kind == SearchKind::special)
    return fail(Fault::not_supported,
                "A search parameter defined here is of one of these types: number, date, string, token, reference, "
                "quantity, uri.");
  Parameter out;
  out.code = code, out.kind = *kind, out.targets = targets;
  if (*kind == SearchKind::reference) out.target_types = types_in(targets);
  out.own_key = key_of(type, code), out.keys = {out.own_key};
  out.identifier_key = identifier_key_of(type, code), out.identifier_keys = {out.identifier_key};
  out.text_key = text_key_of(type, code), out.text_keys = {out.text_key};
  out.long_key = storage::parameter_key(fhir::row_of(type).name, std::string(code) + ":long");
  if (find_kind(*kind)->has_long_rows) out.long_keys = {out.long_key};
  for (const std::string_view part : alternatives(expression)) {
    if (!is_of(type, part)) continue;
    auto path = fhir::Path::compile(part);
    FHIR_TRY(path);
    bool many = false;
    const fhir::ElementRow* element = last_element(part, many);
    out.ignores_case = out.ignores_case || (*kind == SearchKind::token && element && has_no_case(element->type));
    out.paths.push_back(std::move(*path));
  }
  return out;
}

const Parameter* TypeParameters::find(std::string_view code) const {
  const auto found = std::ranges::lower_bound(all, code, {}, &Parameter::code);
  return found == all.end() || found->code != code ? nullptr : &*found;
}

std::string TypeParameters::codes() const {
  std::string out;
  for (const Parameter& parameter : all) {
    if (!out.empty()) out += ", ";
    out += parameter.code;
  }
  return out;
}

const TypeParameters& parameters_of(fhir::TypeId type) {
  struct Slot {
    std::once_flag once;
    std::unique_ptr<TypeParameters> made;
  };
  static const std::unique_ptr<Slot[]> slots(new Slot[fhir::types().size()]);
  Slot& slot = slots[static_cast<std::size_t>(type)];
  std::call_once(slot.once, [&] { slot.made = make(type); });
  return *slot.made;
}

}  // namespace varde::search
