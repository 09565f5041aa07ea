#pragma once
/// @file mappings/rows/rows.h
/// A mapping is rows, not code: where a value stands in the message, where it stands in FHIR, how often, and the pair
/// of conversions between the two. One table serves both directions; interpreter.h walks it.
///
/// Message path, from the element the table is about:  "InfoMedisinskDiagnose/MedisinskDiagnose", "@komponentID"
/// FHIR path, from the element the table is about:
///   name.family                  steps; the first of a repeating element, the last step is added once per value
///   Encounter.period             a capital letter starts at the one resource of that type in the Bundle
///   RelatedPerson                a resource of that type per element of the message
///   extension(estimate)          the extension of that name (names.h);  extension(=code) one with that plain url
///   section(InfoReservasjon)     the Composition section coded with that element's name
///   content()                    what FHIR has no element for: a sub-extension named as the message's element
///   practitioner->name           through a reference to a contained resource
///   (empty)                      the element itself: the row only opens a level of the message
/// An empty message path takes in the rows of another table, at the place in FHIR that it names.
/// The message path "*" is whatever no other row of the same table takes: it is kept below content(), each element
/// under its own name and to the letter, so that nothing is lost of a message that says more than its rows do. With
/// another FHIR path ("Composition.section") the row's conversion takes each of these elements.
#include <array>
#include <span>
#include <string_view>

#include "fhir-model/element/element.h"
#include "mappings/reader/xml_node.h"

namespace varde::mappings::rows {

inline constexpr std::string_view kRest = "*";

class Inbound;   ///< a message on its way to FHIR (interpreter.h)
class Outbound;  ///< a Bundle on its way to a message (interpreter.h)
struct Row;

enum class Card { one, optional, many };

/// A pair of functions; nullptr where a row goes one way only.
struct Conversion {
  /// Puts `from` below `parent` under `name` (empty: into `parent` itself).
  void (*to_fhir)(Inbound&, const Row&, const XmlNode& from, fhir::Editor parent, std::string_view name);
  /// Fills `out`, which has its name already. False when this value is not for this row.
  bool (*to_xml)(Outbound&, const Row&, fhir::Element value, XmlNode& out);
};

using Rows = std::span<const Row>;

struct Row {
  std::string_view message;  ///< path in the message
  std::string_view fhir;     ///< path in FHIR
  Card card;
  const Conversion& how;
  Rows rows = {};               ///< of a conversion that goes deeper
  std::string_view about = {};  ///< code list ("7309"), tag of a resource, or kind, as the conversion says
};

}  // namespace varde::mappings::rows
