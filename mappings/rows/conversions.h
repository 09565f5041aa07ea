#pragma once
/// @file mappings/rows/conversions.h
/// The pairs of conversions that rows name: values of KITH's data types (CS, CV, TS, PQ, boolean, text) to and from
/// FHIR's, levels of the message, resources, and what FHIR has no element for.
/// Source: HIS 80117:2002 (data types), https://hl7.org/fhir/R4/datatypes.html
#include "mappings/rows/interpreter.h"
#include "mappings/rows/rows.h"

namespace varde::mappings::rows {

// --- values
extern const Conversion text;       ///< character data <-> string, date, code, id ... to the letter
extern const Conversion boolean;    ///< true|false|1|0 <-> boolean
extern const Conversion coded_cs;   ///< CS (V, DN) <-> CodeableConcept or Coding; `about`: code list
extern const Conversion coded_cv;   ///< CV (V, S, DN, OT) <-> CodeableConcept or Coding; `about`: list when S is absent
extern const Conversion date_text;  ///< xs:date as text <-> date or dateTime
extern const Conversion date_time_text;    ///< xs:dateTime as text <-> dateTime
extern const Conversion time_ts;           ///< TS (V) <-> dateTime
extern const Conversion instant_ts;        ///< TS (V) <-> instant; what is less than one is kept beside it
extern const Conversion day_ts;            ///< TS (V) <-> date
extern const Conversion quantity;          ///< PQ (V, U) <-> Quantity
extern const Conversion integer;           ///< xs:integer <-> integer
extern const Conversion uuid_reference;    ///< MsgId <-> Identifier urn:uuid:
extern const Conversion sex;               ///< code list 3101 <-> administrative gender
extern const Conversion annotation;        ///< text <-> Annotation
extern const Conversion identifier_value;  ///< text <-> Identifier; `about`: system

// --- structure
extern const Conversion nested;    ///< a level: `rows` below it, in the element the path names
extern const Conversion resource;  ///< a resource of its own; `about`: its tag; on the way back also untagged ones
extern const Conversion single;    ///< the one untagged resource of its type
extern const Conversion tagged;    ///< as resource, on the way back only with its tag
extern const Conversion fragment;  ///< content(): the element as it is, in an extension

/// As `fragment`, for other conversions: puts the element's value and children into an Extension, and back.
void keep_in(fhir::Editor extension, const XmlNode& node);
bool take_from(fhir::Element extension, XmlNode& out);

/// Reads a CV or CS into a CodeableConcept or Coding. False when it holds nothing.
bool read_coded(const XmlNode& from, std::string_view default_list, fhir::Editor parent, std::string_view name);

}  // namespace varde::mappings::rows
