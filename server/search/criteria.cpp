#include "server/search/criteria.h"

#include <algorithm>
#include <map>

#include "fhir-model/text/name.h"
#include "server/search/find.h"
#include "server/search/fold.h"

namespace varde::search {
namespace {

using fhir::SearchKind;
using fhir::TypeId;

/// What a chain's first step may lead to: a query that fits more is told to be more exact.
constexpr std::size_t kMostChained = 1000;

/// Stands for an escaped bar until a token has been parted at its bar.
constexpr char kEscapedBar = '\x1E';

/// https://hl7.org/fhir/R4/search.html#escaping: parts at commas that have no backslash before them.
std::vector<std::string> alternatives(std::string_view text) {
  std::vector<std::string> out(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (text[i] == '\\' && (next == ',' || next == '$' || next == '\\' || next == '|')) {
      out.back() += next == '|' ? kEscapedBar : next;
      ++i;
    } else if (text[i] == ',') {
      out.emplace_back();
    } else {
      out.back() += text[i];
    }
  }
  return out;
}

void restore_bars(std::string& text) { std::ranges::replace(text, kEscapedBar, '|'); }

std::optional<std::int64_t> symbol(const storage::Snapshot& snapshot, std::string_view text) {
  if (text.empty()) return 0;
  auto rows = snapshot.connection().query(std::string_view("SELECT key FROM symbol WHERE text = ?1"), text);
  if (!rows.next()) return std::nullopt;
  return rows.integer(0);
}

Result<Value> token_value(const std::string& text, const Parameter& parameter, bool codes_only, const Asking& asking) {
  auto value = parse_token(text, parameter.code);
  FHIR_TRY(value);
  if (value->code) restore_bars(*value->code);
  if (value->system) restore_bars(*value->system);
  // An element of type code has no system of its own: its binding implies one, and those of R4 live below hl7.org.
  if (codes_only && value->system && value->code &&
      (value->system->starts_with("http://hl7.org/fhir/") || value->system->starts_with("http://terminology.hl7.org/")))
    value->system.reset();
  if (value->system) {
    const auto key = symbol(asking.snapshot, *value->system);
    value->known = key.has_value();
    value->symbol = key.value_or(0);
  }
  return Value(std::move(*value));
}

Result<void> add_value(Criterion& criterion, std::string text, std::string_view modifier, const Asking& asking) {
  const Parameter& parameter = *criterion.parameter;
  const auto keep = [&](auto value) -> Result<void> {
    FHIR_TRY(value);
    criterion.values.emplace_back(std::move(*value));
    return {};
  };
  if (parameter.kind == SearchKind::token || modifier == "identifier") {
    auto value = token_value(text, parameter, parameter.codes_only, asking);
    if (value && parameter.ignores_case && std::get<TokenValue>(*value).code) {
      TokenValue folded = std::get<TokenValue>(*value);
      folded.code = fold_case(*folded.code);
      if (folded.code != std::get<TokenValue>(*value).code) criterion.values.emplace_back(std::move(folded));
    }
    return keep(std::move(value));
  }
  restore_bars(text);
  switch (parameter.kind) {
    case SearchKind::reference: {
      auto value = parse_reference_value(text, parameter, asking.base, criterion.only);
      FHIR_TRY(value);
      const bool any_type = value->type == TypeId::none;
      if (any_type)
        criterion.values.emplace_back(std::move(*value));
      else
        criterion.targets.emplace_back(storage::type_key(value->type), std::move(value->id));
      return {};
    }
    case SearchKind::date: return keep(parse_date_value(text, parameter.code, asking.now, asking.snapshot.zone()));
    case SearchKind::string: {
      const auto match = modifier == "exact"      ? StringValue::Match::exact
                         : modifier == "contains" ? StringValue::Match::contains
                                                  : StringValue::Match::starts;
      return keep(parse_string(text, match, parameter.code));
    }
    default: criterion.values.emplace_back(UriValue{text, modifier == "below"}); return {};
  }
}

/// Modifiers beyond :missing, by kind; a type's name is one more for references.
std::string_view modifiers_of(SearchKind kind) {
  switch (kind) {
    case SearchKind::token: return ":not, :missing";
    case SearchKind::reference: return ":[type], :identifier, :missing";
    case SearchKind::string: return ":exact, :contains, :missing";
    case SearchKind::uri: return ":below, :missing";
    default: return ":missing";
  }
}

/// A type that the parameter may lead to, by its definition and by what the name of the criterion says.
bool may_lead_to(const Criterion& criterion, TypeId type) {
  return criterion.only == TypeId::none || criterion.only == type;
}

std::string target_names(const Criterion& criterion) {
  return std::string(criterion.only == TypeId::none ? criterion.parameter->targets : fhir::row_of(criterion.only).name);
}

Result<void> take_modifier(Criterion& criterion, std::string_view modifier) {
  const Parameter& parameter = *criterion.parameter;
  const SearchKind kind = parameter.kind;
  if (modifier.empty()) return {};
  if (kind == SearchKind::token && modifier == "not") {
    criterion.wanted = Criterion::Wanted::none_of;
    return {};
  }
  if (kind == SearchKind::string && (modifier == "exact" || modifier == "contains")) return {};
  if (kind == SearchKind::uri && modifier == "below") return {};
  if (kind == SearchKind::reference && modifier == "identifier") {
    criterion.keys = parameter.identifier_keys;
    criterion.only = TypeId::none;
    return {};
  }
  if (kind == SearchKind::reference)
    if (const TypeId type = fhir::find_resource_type(modifier); type != TypeId::none) {
      if (!may_lead_to(criterion, type) ||
          std::ranges::find(parameter.target_types, type) == parameter.target_types.end())
        return fail(
            Fault::parameter_malformed,
            "This parameter does not lead to the type of its modifier; its types are: " + target_names(criterion) + ".",
            std::string(parameter.code));
      criterion.only = type;
      return {};
    }
  return fail(Fault::not_supported,
              "The modifier is not supported here; these are: " + std::string(modifiers_of(kind)) + ".",
              std::string(parameter.code));
}

Result<Criterion> missing(Criterion criterion, std::string_view text) {
  if (text != "true" && text != "false")
    return fail(Fault::parameter_malformed, ":missing takes true or false.", std::string(criterion.parameter->code));
  criterion.wanted = text == "true" ? Criterion::Wanted::absent : Criterion::Wanted::present;
  if (criterion.parameter->kind == SearchKind::reference)
    criterion.keys.insert(criterion.keys.end(), criterion.parameter->identifier_keys.begin(),
                          criterion.parameter->identifier_keys.end());
  return criterion;
}

Result<const Parameter*> find_parameter(TypeId type, std::string_view code, std::string_view name) {
  const TypeParameters& parameters = parameters_of(type);
  if (const Parameter* found = parameters.find(code)) return found;
  const std::string type_name(fhir::row_of(type).name);
  if (fhir::find_search_parameter(type, code))
    return fail(Fault::not_supported,
                "The search parameter " + std::string(code) + " of " + type_name +
                    " is not supported yet. Supported: " + parameters.codes() + ".",
                std::string(code));
  // The name goes back as it came only when it looks like one: it may hold anything.
  const bool printable = fhir::text::repeatable(name) == name && std::ranges::all_of(name, [](unsigned char c) {
                           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
                                  c == ':' || c == '.' || (c >= '0' && c <= '9');
                         });
  return fail(Fault::parameter_unknown,
              type_name + " has no search parameter" + (printable ? " '" + std::string(name) + "'" : " of that name") +
                  ". Supported: " + parameters.codes() + ".",
              printable ? std::string(name) : std::string());
}

/// What each step of a chain leads to, found once per type: `item.item.item` goes through many types at every step.
class Chain {
 public:
  Chain(std::string_view text, const Asking& asking) : text_(text), asking_(asking) {}

  /// The resources of that type that `rest` fits; `rest` is an end of the chain's name.
  const Result<std::vector<Target>>& find(TypeId type, std::string_view rest) {
    const std::pair key(type, rest.size());
    if (const auto known = found_.find(key); known != found_.end()) return known->second;
    return found_.emplace(key, find_afresh(type, rest)).first->second;
  }
  Result<Criterion> criterion(TypeId type, std::string_view name);

 private:
  Result<std::vector<Target>> find_afresh(TypeId type, std::string_view rest) {
    auto inner = criterion(type, rest);
    FHIR_TRY(inner);
    Query query;
    query.type = type;
    query.criteria.push_back(std::move(*inner));
    return find_targets(query, asking_.snapshot, kMostChained + 1);
  }
  /// `patient.identifier=...`: finds the targets first, then asks for references to them.
  Result<Criterion> chained(Criterion criterion, std::string_view rest);

  std::string_view text_;
  const Asking& asking_;
  std::map<std::pair<TypeId, std::size_t>, Result<std::vector<Target>>> found_;
};

Result<Criterion> Chain::chained(Criterion criterion, std::string_view rest) {
  const Parameter& parameter = *criterion.parameter;
  if (parameter.kind != SearchKind::reference)
    return fail(Fault::parameter_malformed, "Only a reference can be followed with a dot.",
                std::string(parameter.code));
  std::optional<Failure> refused;
  bool understood = false;
  for (const TypeId type : parameter.target_types) {
    if (!may_lead_to(criterion, type)) continue;
    const auto& found = find(type, rest);
    FHIR_TRY(asking_.snapshot.budget().within());
    if (!found) {
      if (!refused || found.error().fault != Fault::parameter_unknown) refused = found.error();
      continue;
    }
    understood = true;
    for (const Target& target : *found) {
      criterion.targets.emplace_back(storage::type_key(type), target.id);
      criterion.values.insert(criterion.values.end(), target.canonicals.begin(), target.canonicals.end());
    }
    if (criterion.targets.size() > kMostChained)
      return fail(Fault::not_supported,
                  "The part after the dot fits more than " + std::to_string(kMostChained) +
                      " resources; make it more exact, or search for them first.",
                  std::string(parameter.code));
  }
  if (!understood && refused) return tl::unexpected<Failure>(std::move(*refused));
  std::ranges::sort(criterion.targets);
  return criterion;
}

Result<Criterion> Chain::criterion(TypeId type, std::string_view name) {
  const std::size_t dot = name.find('.');
  const std::string_view head = name.substr(0, dot);
  const std::size_t colon = head.find(':');
  const std::string_view code = head.substr(0, colon);
  const std::string_view modifier = colon == std::string_view::npos ? std::string_view() : head.substr(colon + 1);
  auto parameter = find_parameter(type, code, name);
  FHIR_TRY(parameter);

  Criterion criterion;
  criterion.parameter = *parameter;
  criterion.keys = (*parameter)->keys;
  criterion.only = (*parameter)->only;
  if ((*parameter)->kind == SearchKind::date) criterion.long_keys = (*parameter)->long_keys;
  if (code == "_id") criterion.of = Criterion::Of::id;
  if (code == "_lastUpdated") criterion.of = Criterion::Of::updated;
  if (criterion.of != Criterion::Of::rows && !modifier.empty() && modifier != "not")
    return fail(Fault::not_supported, "This parameter takes no modifier.", std::string(code));
  if (modifier == "missing" && dot == std::string_view::npos) return missing(std::move(criterion), text_);
  FHIR_TRY(take_modifier(criterion, modifier));
  if (dot != std::string_view::npos) return chained(std::move(criterion), name.substr(dot + 1));
  for (std::string& value : alternatives(text_)) {
    if (!asking_.snapshot.budget().spend())
      return tl::unexpected<Failure>(std::move(asking_.snapshot.budget().within().error()));
    FHIR_TRY(add_value(criterion, std::move(value), modifier, asking_));
  }
  std::ranges::sort(criterion.targets);
  return criterion;
}

}  // namespace

Result<Criterion> make_criterion(TypeId type, std::string_view name, std::string_view text, const Asking& asking) {
  const auto dots = static_cast<std::size_t>(std::ranges::count(name, '.'));
  FHIR_TRY(asking.snapshot.budget().may_follow(dots));
  return Chain(text, asking).criterion(type, name);
}

}  // namespace varde::search
