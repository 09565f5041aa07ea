#include "server/search/chain.h"

#include <algorithm>
#include <map>

#include "fhir-model/text/name.h"
#include "server/search/canonical.h"
#include "server/search/contained.h"
#include "server/search/find.h"
#include "server/search/group.h"
#include "server/search/kind/kind.h"
#include "server/search/own_parameters.h"
#include "server/search/stated.h"

namespace varde::search {
namespace {

using fhir::SearchKind;
using fhir::TypeId;

/// What a chain leads to is listed where it is no more than this; the engine asks of more by itself.
constexpr std::size_t kFew = 32;
constexpr std::string_view kHasName = "_has", kHas = "_has:";

/// The modifiers of a kind beside :missing, one by one.
std::vector<std::string_view> modifiers_of(const Kind& kind) {
  std::vector<std::string_view> out;
  for (std::string_view rest = kind.modifiers; !rest.empty();) {
    const std::size_t end = rest.find(' ');
    out.push_back(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return out;
}

std::string names_of(const std::vector<std::string_view>& modifiers) {
  std::string out;
  for (const std::string_view one : modifiers) out.append(":").append(one).append(", ");
  return out + ":missing";
}

/// A type that the parameter may lead to, by its definition and by what the name of the criterion says.
bool may_lead_to(const Criterion& criterion, TypeId type) {
  return criterion.only == TypeId::none || criterion.only == type;
}

std::string target_names(const Criterion& criterion) {
  return std::string(criterion.only == TypeId::none ? criterion.parameter->targets : fhir::row_of(criterion.only).name);
}

Result<const Parameter*> named_parameter(TypeId type, std::string_view code, std::string_view name,
                                         const Asking& asking) {
  auto found = find_parameter(type, code, asking);
  if (!found || *found) return found;
  const std::string type_name(fhir::row_of(type).name);
  if (fhir::find_search_parameter(type, code))
    return fail(Fault::not_supported,
                "The search parameter " + std::string(code) + " of " + type_name +
                    " is not supported yet. Supported: " + codes_of(type, asking.own) + ".",
                std::string(code));
  // The name goes back as it came only when it looks like one: it may hold anything.
  const bool printable = fhir::text::repeatable(name) == name && std::ranges::all_of(name, [](unsigned char c) {
                           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
                                  c == ':' || c == '.' || (c >= '0' && c <= '9');
                         });
  return fail(Fault::parameter_unknown,
              type_name + " has no search parameter" + (printable ? " '" + std::string(name) + "'" : " of that name") +
                  ". Supported: " + codes_of(type, asking.own) + ".",
              printable ? std::string(name) : std::string());
}

/// What a step of a chain leads to: few by name, many as the condition that they fit.
struct Led {
  std::vector<Target> targets;
  std::optional<storage::Condition> many;
};

/// What each step of a chain leads to, found once per type: `item.item.item` goes through many types at every step.
class Chain {
 public:
  Chain(const Leaf& leaf, const Asking& asking) : leaf_(leaf), asking_(asking) {}

  /// A step's end: the name of what follows, and which of the leaf's conditions stands before it in brackets.
  struct Rest {
    std::string_view name;
    std::optional<std::size_t> among = {};
  };
  /// The resources of that type that `rest` fits; its name is an end of the chain's.
  const Result<Led>& find(TypeId type, Rest rest) {
    const std::pair key(type, rest.name.size());
    if (const auto known = found_.find(key); known != found_.end()) return known->second;
    return found_.emplace(key, find_afresh(type, rest)).first->second;
  }
  Result<Criterion> criterion(TypeId type, std::string_view name);
  /// What was made is part the engine's to answer and part the entries': make it again with Asking::lists.
  bool is_unsettled() const { return unsettled_; }

 private:
  Result<Query> query(TypeId type, Rest rest) {
    auto inner = criterion(type, rest.name);
    FHIR_TRY(inner);
    Query query;
    query.type = type, query.restriction = asking_.restriction, query.past = asking_.past;
    if (rest.among) {
      auto others = leaf_.among(type, *rest.among, asking_);
      FHIR_TRY(others);
      std::vector<Criterion> both;
      both.push_back(std::move(*inner)), both.push_back(std::move(*others));
      auto joined = settled(Criterion::Of::all, std::move(both), type, asking_);
      if (!joined) return fail(Fault::not_supported, "What stands in brackets cannot be asked of this chain.");
      inner = std::move(*joined);
    }
    query.criteria.push_back(std::move(*inner));
    return query;
  }
  /// nullopt where resources of that type may be meant by a URL, or where the index tables cannot say what is asked.
  std::optional<storage::Condition> condition(const Query& query) const {
    auto out = condition_of(query.criteria.front(), saying_of(query.type, asking_.snapshot));
    if (!out || !query.restriction) return out;
    auto seen = query.restriction->condition(query.type);
    if (!seen) return std::nullopt;
    std::vector<storage::Condition> parts;
    parts.push_back(std::move(*out));
    parts.push_back(std::move(*seen));
    return storage::all_of(query.type, std::move(parts));
  }
  Result<Led> find_afresh(TypeId type, Rest rest) {
    auto inner = query(type, rest);
    FHIR_TRY(inner);
    const bool has_url = parameters_of(type).find("url") != nullptr;
    auto many = has_url || asking_.lists ? std::nullopt : condition(*inner);
    auto targets = find_targets(*inner, asking_.snapshot, many ? kFew + 1 : SIZE_MAX);
    FHIR_TRY(targets);
    if (!many || targets->size() <= kFew) return Led{std::move(*targets), {}};
    return Led{{}, std::move(many)};
  }
  /// Adds all of that type, however many.
  Result<void> list_all(TypeId type, Rest rest, Criterion& criterion) {
    auto inner = query(type, rest);
    FHIR_TRY(inner);
    const auto targets = find_targets(*inner, asking_.snapshot, SIZE_MAX);
    FHIR_TRY(targets);
    for (const Target& target : *targets) criterion.targets.emplace_back(storage::type_key(type), target.id);
    return {};
  }
  /// `patient.identifier=...`: finds the targets first, then asks for references to them.
  Result<Criterion> chained(Criterion criterion, Rest rest, TypeId type);
  /// What the chain asks of a resource of the type `target` that is contained where the reference leads, asked of its
  /// holder, of the type `type`; nullopt: that cannot be asked so.
  std::optional<Criterion> within(const Criterion& reference, std::string_view name, TypeId type, TypeId target);
  /// One of them is enough.
  Criterion either(Criterion referred, std::vector<Criterion> contained, TypeId type);
  /// `_has:Observation:patient:code=...`: finds those who refer, then asks for whom they refer to.
  Result<Criterion> reversed(TypeId type, std::string_view name);

  const Leaf& leaf_;
  const Asking& asking_;
  std::map<std::pair<TypeId, std::size_t>, Result<Led>> found_;
  /// While a criterion is made of what is contained: where, and in what.
  struct Holder {
    const std::vector<storage::ParameterKey>& reference;
    TypeId type;
  };
  const Holder* holder_ = nullptr;
  bool unsettled_ = false;
};

/// References by that parameter to what fits the condition.
storage::Condition leading_to(const Criterion& criterion, TypeId type, TypeId target, storage::Condition inner) {
  static const TypeId kPatient = fhir::find_type("Patient");
  storage::Condition out;
  out.of = storage::Condition::Of::refers, out.type = type, out.other = target;
  out.keys = criterion.keys, out.same_patient = criterion.parameter->narrows && target == kPatient;
  out.parts.push_back(std::move(inner));
  return out;
}

std::optional<Criterion> Chain::within(const Criterion& reference, std::string_view name, TypeId type, TypeId target) {
  const Holder holder{reference.keys, type};
  holder_ = &holder;
  auto inner = criterion(target, name);
  holder_ = nullptr;
  if (!inner) return std::nullopt;
  using Wanted = Criterion::Wanted;
  const bool says_so =
      !inner->is_group() && !inner->stated && (inner->wanted == Wanted::any_of || inner->wanted == Wanted::present);
  if (says_so) return std::move(*inner);
  // What is asked may be that there is nothing: of a contained resource, not of all who have none.
  Criterion held = criterion_of(holder_of(reference.keys, target)), both;
  held.wanted = Wanted::present;
  both.of = Criterion::Of::all;
  both.parts.push_back(std::move(held)), both.parts.push_back(std::move(*inner));
  return both;
}

Criterion Chain::either(Criterion referred, std::vector<Criterion> contained, TypeId type) {
  if (!referred.targets.empty() || !referred.values.empty()) contained.push_back(std::move(referred));
  Criterion group;
  group.of = Criterion::Of::any, group.parts = std::move(contained);
  if (auto out = settled(group, type, asking_)) return std::move(*out);
  unsettled_ = true;
  return group;
}

Result<Criterion> Chain::chained(Criterion criterion, Rest rest, TypeId type) {
  const Parameter& parameter = *criterion.parameter;
  if (parameter.kind != SearchKind::reference)
    return fail(Fault::parameter_malformed, "Only a reference can be followed with a dot.",
                std::string(parameter.code));
  std::optional<Failure> refused;
  std::size_t unknown = 0;  // types that have no such parameter
  bool understood = false;
  std::vector<storage::Condition> many;
  for (const TypeId target_type : parameter.target_types) {
    if (!may_lead_to(criterion, target_type)) continue;
    const auto& found = find(target_type, rest);
    FHIR_TRY(asking_.snapshot.budget().within());
    if (!found) {
      if (found.error().fault == Fault::parameter_unknown) ++unknown;
      if (!refused || found.error().fault != Fault::parameter_unknown) refused = found.error();
      continue;
    }
    understood = true;
    if (found->many) many.push_back(leading_to(criterion, type, target_type, *found->many));
    for (const Target& target : found->targets) {
      criterion.targets.emplace_back(storage::type_key(target_type), target.id);
      criterion.values.insert(criterion.values.end(), target.canonicals.begin(), target.canonicals.end());
    }
  }
  std::vector<Criterion> contained;
  if (understood && !rest.among && may_be_contained(criterion.keys, asking_.snapshot))
    for (const TypeId target_type : parameter.target_types)
      if (may_lead_to(criterion, target_type))
        if (auto one = within(criterion, rest.name, type, target_type)) contained.push_back(std::move(*one));
  if (!understood && unknown > 1 && refused->fault == Fault::parameter_unknown)
    return fail(Fault::parameter_unknown,
                "None of the " + std::to_string(unknown) + " types that " + std::string(parameter.code) +
                    " leads to has a search parameter" +
                    (refused->expression.empty() ? " of that name" : " '" + refused->expression + "'") +
                    (parameter.targets.empty() ? "." : ": " + std::string(parameter.targets) + "."),
                refused->expression);
  if (!understood && refused) return tl::unexpected<Failure>(std::move(*refused));
  if (!contained.empty()) {
    for (const storage::Condition& one : many) FHIR_TRY(list_all(one.other, rest, criterion));
    std::ranges::sort(criterion.targets);
    return either(std::move(criterion), std::move(contained), type);
  }
  std::ranges::sort(criterion.targets);
  if (many.empty()) return criterion;
  // Few of one type beside many of another: the engine asks for them, too, or else all are listed.
  auto listed = condition_of(criterion, saying_of(type, asking_.snapshot));
  if (!listed) {
    for (const storage::Condition& one : many) FHIR_TRY(list_all(one.other, rest, criterion));
    std::ranges::sort(criterion.targets);
    return criterion;
  }
  many.push_back(std::move(*listed));
  criterion.targets.clear(), criterion.values.clear();
  criterion.stated = std::make_shared<const storage::Condition>(storage::any_of(type, std::move(many)));
  return criterion;
}

/// https://hl7.org/fhir/R4/search.html#has
Result<Criterion> Chain::reversed(TypeId type, std::string_view name) {
  name.remove_prefix(std::min(kHas.size(), name.size()));
  const std::size_t first = std::min(name.find(':'), name.size());
  const std::size_t second = std::min(name.find(':', first + 1), name.size());
  const TypeId source = fhir::find_resource_type(name.substr(0, first));
  if (source == TypeId::none || second == name.size())
    return fail(Fault::parameter_malformed,
                "_has is _has:[type]:[its reference parameter]:[its search parameter], such as "
                "_has:Observation:patient:code.",
                "_has");
  const std::string_view code = name.substr(first + 1, second - first - 1);
  auto parameter = named_parameter(source, code, code, asking_);
  FHIR_TRY(parameter);
  const auto& targets = (*parameter)->target_types;
  if ((*parameter)->kind != SearchKind::reference || std::ranges::find(targets, type) == targets.end())
    return fail(Fault::parameter_malformed,
                "The parameter in _has does not lead to " + std::string(fhir::row_of(type).name) + ".", "_has");
  auto inner = query(source, {name.substr(second + 1)});
  FHIR_TRY(inner);
  // No statement joins by a canonical: its version may be said or not.
  const bool listed = asking_.lists || may_be_canonical((*parameter)->keys, type, asking_.snapshot);
  auto many = listed ? std::nullopt : condition(*inner);
  const auto ids = find_referred(*inner, asking_.snapshot, (*parameter)->keys, type, many ? kFew : SIZE_MAX - 1);
  FHIR_TRY(ids);
  Criterion out;
  if (*ids) {
    out.of = Criterion::Of::id;
    for (const std::string& id : **ids) out.targets.emplace_back(storage::TypeKey::none, id);
    return out;
  }
  static const TypeId kPatient = fhir::find_type("Patient");
  storage::Condition referred;
  referred.of = storage::Condition::Of::referred, referred.type = type, referred.other = source;
  referred.keys = (*parameter)->keys, referred.same_patient = (*parameter)->narrows && type == kPatient;
  referred.parts.push_back(std::move(*many));
  out.stated = std::make_shared<const storage::Condition>(std::move(referred));
  return out;
}

Result<Criterion> Chain::criterion(TypeId type, std::string_view name) {
  if (name == kHasName || name.starts_with(kHas)) {
    if (holder_) return fail(Fault::not_supported, "Nobody refers to what is contained.", "_has");
    return reversed(type, name);
  }
  const std::size_t dot = name.find('.');
  std::string_view head = name.substr(0, dot);
  Rest rest{dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1)};
  if (const std::size_t bracket = head.find('['); bracket != std::string_view::npos && dot != std::string_view::npos) {
    rest.among = 0;
    for (const char c : head.substr(bracket + 1))
      if (c >= '0' && c <= '9') rest.among = *rest.among * 10 + static_cast<std::size_t>(c - '0');
    head = head.substr(0, bracket);
  }
  const std::size_t colon = head.find(':');
  const std::string_view modifier = colon == std::string_view::npos ? std::string_view() : head.substr(colon + 1);
  auto parameter = named_parameter(type, leaf_.code(type, head.substr(0, colon)), name, asking_);
  FHIR_TRY(parameter);
  if (colon != std::string_view::npos && modifier.empty())
    return fail(Fault::parameter_malformed,
                "Behind the colon stands a modifier, such as :missing; without one the colon is left out.",
                std::string((*parameter)->code));

  const Holder* const holder = std::exchange(holder_, nullptr);
  if (holder) {
    const bool is_r4 = parameters_of(type).find((*parameter)->code) == *parameter;
    if (!is_r4 || ((*parameter)->keys.empty() && (*parameter)->components.empty()) ||
        (*parameter)->kind == SearchKind::special)
      return fail(Fault::not_supported, "What is contained is not found by that.", std::string((*parameter)->code));
    *parameter = &parameter_within(holder->reference, **parameter);
    type = holder->type;
  }
  Criterion criterion = criterion_of(**parameter);
  if ((*parameter)->code == "_id") criterion.of = Criterion::Of::id;
  if ((*parameter)->code == "_lastUpdated") criterion.of = Criterion::Of::updated;
  if (dot == std::string_view::npos) return leaf_.end(type, std::move(criterion), modifier, asking_);
  if (!modifier.empty() && fhir::find_resource_type(modifier) == TypeId::none)
    return fail(Fault::parameter_malformed,
                "Before the dot of a chain stands the name of a reference, or it and a type: subject:Patient.name.",
                std::string((*parameter)->code));
  FHIR_TRY(take_modifier(criterion, modifier));
  return chained(std::move(criterion), rest, type);
}

}  // namespace

Result<void> take_modifier(Criterion& criterion, std::string_view modifier) {
  const Parameter& parameter = *criterion.parameter;
  if (modifier.empty()) return {};
  const auto known = modifiers_of(kind_of(parameter));
  if (std::ranges::find(known, modifier) != known.end()) {
    if (modifier == "not" || modifier == "not-in") criterion.wanted = Criterion::Wanted::none_of;
    if (modifier == "identifier" || modifier == "of-type") {
      criterion.keys = parameter.identifier_keys;
      criterion.only = TypeId::none;
    }
    if (modifier == "text") criterion.keys = parameter.text_keys;
    return {};
  }
  if (parameter.kind == SearchKind::reference)
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
  return fail(Fault::not_supported, "The modifier is not supported here; these are: " + names_of(known) + ".",
              std::string(parameter.code));
}

Result<Criterion> follow(TypeId type, std::string_view name, const Leaf& leaf, const Asking& asking) {
  auto steps = static_cast<std::size_t>(std::ranges::count(name, '.'));
  for (std::size_t at = name.find(kHas); at != std::string_view::npos; at = name.find(kHas, at + 1)) ++steps;
  FHIR_TRY(asking.snapshot.budget().may_follow(steps));
  Chain chain(leaf, asking);
  auto out = chain.criterion(type, name);
  if (!chain.is_unsettled()) return out;
  Asking listing = asking;
  listing.lists = true;
  return Chain(leaf, listing).criterion(type, name);
}

}  // namespace varde::search
