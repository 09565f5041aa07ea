#pragma once
/// @file fhir-model/terminology/terminology.h
/// The code systems and value sets that R4 itself defines (FHIR's own, HL7 v3, v2 tables), and what is known of the
/// systems that others keep: LOINC, SNOMED CT, UCUM, ICD-10, ICPC-2, ATC, BCP 47, ISO 3166, Volven ...
/// Where something outside would have to be asked, the answer is `unknown`: never a wrong yes or no.
/// Source: https://hl7.org/fhir/R4/terminology-service.html, https://hl7.org/fhir/R4/terminologies-systems.html
///         Tables: tables.cpp, written by generate.py; in read-only memory, nothing is made ready at start.
/// Faults: each function says. Pure; safe from any thread; nothing throws but for want of memory.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/budget/budget.h"
#include "fhir-model/element/element.h"
#include "fhir-model/fault/fault.h"

namespace varde::terminology {

/// Numbers into the tables; stable only within one build. Stored data uses URLs and codes.
enum class SystemId : std::uint16_t { none = 0xFFFF };
enum class ConceptId : std::uint16_t { none = 0xFFFF };
enum class ValueSetId : std::uint16_t { none = 0xFFFF };

// --- value sets ------------------------------------------------------------------------------------------------

enum class Membership : std::uint8_t { in, out, unknown };

/// `url` may end in |version; none when the value set or that version of it is not known here.
ValueSetId find_value_set(std::string_view url);

struct ValueSet {
  std::string_view url, version, name, title, status;
};
ValueSet describe(ValueSetId set);  ///< of one that exists

/// Whether the value set holds the code. An empty system is that of an element of type code: any system of the set.
/// About 30 ns by number, 80 by URL; does not allocate, except to read a unit of UCUM. unknown for ValueSetId::none.
Membership member(ValueSetId set, std::string_view system, std::string_view code);
Membership member(std::string_view value_set, std::string_view system, std::string_view code);
/// Of a code, string or uri; a Coding; a Quantity; a CodeableConcept, which is in when one of its codings is, and out
/// when it has none. A Coding that does not say its system means nothing certain: unknown where its code would be in.
Membership member(ValueSetId set, fhir::Element coded);

// --- code systems ----------------------------------------------------------------------------------------------

/// How much of a system is known here.
enum class Known : std::uint8_t {
  all,      ///< every code: another one is wrong
  some,     ///< those that R4 lists and Varde uses; nothing is said of others
  grammar,  ///< well-formed codes are right: UCUM, BCP 47, BCP 13, URIs
};

struct CodeSystem {
  std::string_view url, version, name, title;
  Known known;
  bool any_case;  ///< upper and lower case mean the same, or it is not said whether they do
};

/// `url` may end in |version; none when the system or that version of it is not known here.
SystemId find_code_system(std::string_view url);
CodeSystem describe(SystemId system);  ///< of one that exists

/// Where the system has the code listed. Exactly so first; in any case where the system allows that.
ConceptId find_concept(SystemId system, std::string_view code);

struct Concept {
  std::string_view system, code, display, definition;  ///< English; display and definition may be empty
  bool abstract, inactive, deprecated;
};
Concept describe(ConceptId concept_id);  ///< of one that exists
struct Designation {
  std::string_view language, text;  ///< no language: English, as some value set calls it
};
std::vector<Designation> designations_of(ConceptId concept_id);
std::vector<ConceptId> parents_of(ConceptId concept_id);
std::vector<ConceptId> children_of(ConceptId concept_id);

/// Whether the system has the code: by its list or its grammar.
Membership in_system(SystemId system, std::string_view code);

/// https://hl7.org/fhir/R4/codesystem-operation-lookup.html
/// Faults: not_found (the system, or a code that is not listed where not all are known), code_invalid.
Result<Concept> lookup(std::string_view system, std::string_view code);

// --- answers for people and programs ---------------------------------------------------------------------------

enum class Subsumption : std::uint8_t { equivalent, subsumes, subsumed_by, not_subsumed };
std::string_view code_of(Subsumption outcome);  ///< "subsumed-by"

/// How the first code stands to the second. https://hl7.org/fhir/R4/codesystem-operation-subsumes.html
/// Faults: those of lookup(); not_supported where the hierarchy of the system is not known here.
Result<Subsumption> subsumes(std::string_view system, std::string_view a, std::string_view b);

struct Verdict {
  Membership result = Membership::unknown;
  std::string_view display = {};  ///< what the code is called
  std::string message = {};       ///< why it is not in, or what is wrong with it otherwise; empty when all is well
};
/// With a display that is none of the code's names the verdict is out, where all its names are known.
/// https://hl7.org/fhir/R4/valueset-operation-validate-code.html
Verdict validate_code(ValueSetId set, std::string_view system, std::string_view code, std::string_view display = {});
Verdict validate_code(SystemId system, std::string_view code, std::string_view display = {});

enum class Inactive : std::uint8_t { include, leave_out };
struct Wanted {
  std::string_view filter = {};  ///< words that the code or display holds, in any case and order
  std::size_t offset = 0, count = SIZE_MAX;
  Inactive inactive = Inactive::include;
  bool only_selectable = false;  ///< without abstract concepts, which only group others
  Budget* budget = nullptr;      ///< of the request that asks; once it is spent the answer is not to be used
};
struct Expansion {
  std::size_t total = 0;  ///< before offset and count
  std::vector<Concept> contains;
};
/// https://hl7.org/fhir/R4/valueset-operation-expand.html
/// Faults: not_found (none), not_supported (it draws on what is not known here, or on codes without number).
Result<Expansion> expand(ValueSetId set, const Wanted& wanted = {});

}  // namespace varde::terminology
