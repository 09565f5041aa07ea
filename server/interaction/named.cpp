#include "server/interaction/named.h"

#include <algorithm>

#include "fhir-model/element/reference.h"
#include "norway/identifiers.h"
#include "server/access/type_group.h"
#include "server/interaction/person.h"
#include "server/interaction/store.h"
#include "server/storage/named_patients.h"

namespace varde::interaction {
namespace {

using access::TypeGroup;
using fhir::Element;
using storage::PatientKey;

/// What organisations, health personnel and services are known by: never a patient.
constexpr std::string_view kNoPersons[] = {norway::kHpr, norway::kOrgNumber, norway::kReshId, norway::kHerId};

bool tells_of_nobody(fhir::TypeId type) {
  const TypeGroup group = access::group_of(type);
  return group == TypeGroup::registers || group == TypeGroup::definitions;
}

class Names {
 public:
  Names(const storage::Snapshot& snapshot, const Store& store) : snapshot_(snapshot), store_(store) {}

  void walk(Element at) {
    static const fhir::TypeId kReference = fhir::find_type("Reference"), kUri = fhir::find_type("uri");
    if (at.type() == kReference) add_reference(at);
    if (at.type() == kUri) add_address(at.value());
    if (fhir::is_resource(at.type())) add_resource(at);
    for (const Element child : at.children()) walk(child);
  }
  Named take() && {
    std::sort(named_.patients.begin(), named_.patients.end());
    named_.patients.erase(std::unique(named_.patients.begin(), named_.patients.end()), named_.patients.end());
    return std::move(named_);
  }

 private:
  void add(PatientKey patient) { named_.patients.push_back(patient); }
  void add_unknown() { add(PatientKey::none); }

  /// Of the resource itself, and of those that it holds, whose they are.
  void add_resource(Element resource) {
    const fhir::TypeId type = resource.type();
    const bool is_outermost = !resource.definition();
    if (tells_of_nobody(type)) return;
    const std::string owner = store_.owner(resource, snapshot_);
    if (!owner.empty())
      add(snapshot_.patient_key(owner));
    else if (!is_outermost && !access::tells_of_several(type) && !access::is_shared(type))
      add_unknown();
  }

  /// The address of a resource of ours, such as of a Bundle's entry; that of anything else tells of nobody here.
  void add_address(std::string_view address) {
    const auto parsed = fhir::parse_reference(address);
    if (parsed.type == fhir::TypeId::none || tells_of_nobody(parsed.type)) return;
    if (const std::string id = store_.own_id(address, parsed.type); !id.empty()) add_own(parsed.type, id);
  }

  void add_reference(Element reference) {
    const std::string_view literal = reference["reference"].value();
    const fhir::TypeId said = fhir::find_resource_type(reference["type"].value());
    if (literal.empty()) {
      if (said != fhir::TypeId::none && tells_of_nobody(said)) return;
      if (const Element identifier = reference["identifier"]) return add_identifier(identifier);
      if (reference["display"].has_value()) add_unknown();
      return;
    }
    const auto parsed = fhir::parse_reference(literal);
    if (parsed.form == fhir::LiteralReference::Form::fragment) return;  // it is held, and looked at there
    if (parsed.form == fhir::LiteralReference::Form::urn && is_held(reference, literal)) return;
    if (parsed.type == fhir::TypeId::none) return add_unknown();
    if (tells_of_nobody(parsed.type)) return;
    const std::string id = store_.own_id(literal, parsed.type);
    if (id.empty()) return add_unknown();
    add_own(parsed.type, id);
  }

  void add_own(fhir::TypeId type, const std::string& id) {
    static const fhir::TypeId kPatient = fhir::find_type("Patient");
    if (type != kPatient) return add_stored(type, id);
    const PatientKey key = snapshot_.patient_key(id);
    if (key == PatientKey::none) named_.missing.push_back({kPatient, id});
    add(key);
  }

  /// Whom a resource of ours tells of.
  void add_stored(fhir::TypeId type, const std::string& id) {
    static const fhir::TypeId kBinary = fhir::find_type("Binary");
    if (type == kBinary) return add_binary(id);
    const auto version = snapshot_.current(type, id);
    if (!version) {
      named_.missing.push_back({type, id});
      return add_unknown();
    }
    if (access::tells_of_several(type)) {
      const auto its = storage::named_patients::of(snapshot_, version->key);
      named_.patients.insert(named_.patients.end(), its.begin(), its.end());
      if (its.empty() && !access::may_name_nobody(type)) add_unknown();
    } else if (version->patient != PatientKey::none || !access::is_shared(type)) {
      add(version->patient);
    }
  }

  /// It may be large, and only whose it is is asked.
  void add_binary(const std::string& id) {
    static const fhir::TypeId kBinary = fhir::find_type("Binary");
    const auto owner = storage::named_patients::owner_of(snapshot_, kBinary, id);
    if (!owner) {
      named_.missing.push_back({kBinary, id});
      return add_unknown();
    }
    if (*owner != PatientKey::none || !access::is_shared(kBinary)) add(*owner);
  }

  void add_identifier(Element identifier) {
    const std::string_view system = identifier["system"].value();
    if (std::find(std::begin(kNoPersons), std::end(kNoPersons), system) != std::end(kNoPersons)) return;
    const auto found = person_with(snapshot_, system, identifier["value"].value());
    if (found.several) return add_unknown();
    add(found.patient ? found.patient->patient : PatientKey::none);
  }

  /// An entry of the Bundle has that fullUrl.
  static bool is_held(Element at, std::string_view url) {
    Element root = at;
    while (root.parent()) root = root.parent();
    for (const Element entry : root.each("entry"))
      if (entry["resource"] && entry["fullUrl"].value() == url) return true;
    return false;
  }

  const storage::Snapshot& snapshot_;
  const Store& store_;
  Named named_;
};

}  // namespace

Named named_in(Element resource, const storage::Snapshot& snapshot, const Store& store) {
  Names names(snapshot, store);
  names.walk(resource);
  return std::move(names).take();
}

}  // namespace varde::interaction
