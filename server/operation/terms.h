#pragma once
/// @file server/operation/terms.h
/// What the terminology operations share: value sets and code systems by URL, by id or as a parameter; codes asked
/// about; a Parameters resource as the answer.
/// What is stored here goes before what R4 defines: a hospital may have loaded the whole of a system of which the
/// tables hold some codes.
/// Source: https://hl7.org/fhir/R4/terminology-service.html
/// Faults: not_found, required_missing, parameter_malformed.
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/terminology/codes.h"
#include "fhir-model/terminology/compose.h"
#include "server/interaction/context.h"
#include "server/interaction/request.h"
#include "server/operation/input.h"

namespace varde::operation {

/// The bytes of the resource with that url (and version, when one is given) that was stored last; nothing when none is.
std::optional<std::string> stored_by_url(fhir::TypeId type, std::string_view url, std::string_view version,
                                         std::string_view base, const interaction::View& view);

/// Stored ValueSets, CodeSystems and ConceptMaps, read when first asked for. Lives as long as one request.
class Terms {
 public:
  Terms(const interaction::View& view, std::string_view base) : view_(view), base_(base) {}
  /// By canonical URL, with |version perhaps; the latest of several. Nowhere when none is stored.
  fhir::Element stored(std::string_view canonical);
  Result<fhir::Element> stored(fhir::TypeId type, std::string_view id);
  terminology::Written written();

 private:
  fhir::Element find(fhir::TypeId type, std::string_view url, std::string_view version);
  const interaction::View& view_;
  std::string_view base_;
  std::map<std::string, std::unique_ptr<fhir::Tree>, std::less<>> read_;  ///< by canonical; nullptr: none is stored
};

/// One that R4 defines, or a resource.
struct AskedSet {
  terminology::ValueSetId known = terminology::ValueSetId::none;
  fhir::Element written = {};
};
struct AskedSystem {
  terminology::SystemId known = terminology::SystemId::none;
  fhir::Element written = {};
  std::string_view url() const;
  terminology::Codes codes() const;
};
/// By the request's id, or the parameters url (and valueSetVersion) or valueSet.
Result<AskedSet> asked_set(const interaction::Request& request, const Input& input, Terms& terms);
/// By the request's id, the parameter codeSystem, or `url` (with the parameter version).
Result<AskedSystem> asked_system(const interaction::Request& request, const Input& input, std::string_view url,
                                 Terms& terms);

struct Coded {
  std::string system, version, code, display;
};
/// From code (with system, display), coding or codeableConcept; at least one.
Result<std::vector<Coded>> asked_codes(const Input& input);

/// A Parameters resource in the making.
class Answer {
 public:
  Answer() : tree_(fhir::Tree::of("Parameters")) {}
  /// `value`: the element's name, "valueString". Left out when the text is empty.
  void add(std::string_view name, std::string_view value, std::string_view text);
  /// property with the parts code and value
  void add_property(std::string_view code, std::string_view value, std::string_view text);
  fhir::Editor add(std::string_view name);
  interaction::Response response() const;

 private:
  fhir::Tree tree_;
};

}  // namespace varde::operation
