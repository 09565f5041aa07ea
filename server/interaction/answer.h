#pragma once
/// @file server/interaction/answer.h
/// What handlers share: reading a request's body and preconditions, and answering with a stored version.
/// Source: https://hl7.org/fhir/R4/http.html#ops, #versioning, #concurrency
#include <optional>
#include <string>

#include "fhir-model/element/element.h"
#include "server/interaction/act.h"
#include "server/interaction/context.h"
#include "server/interaction/request.h"
#include "server/storage/storage.h"

namespace varde::interaction {

enum class Return : std::uint8_t { representation, minimal, outcome };

/// Prefer: name=value, or a name alone.
bool prefers(const Request& request, std::string_view name, std::string_view value = {});
/// Prefer: return=...; representation when nothing is preferred.
Return preferred_return(const Request& request, Return otherwise = Return::representation);
/// Prefer: handling=lenient
bool prefers_lenient(const Request& request);

/// "application/fhir+json; charset=utf-8" -> "application/fhir+json"
std::string_view media_type(std::string_view content_type);
/// True also when no charset is said.
bool charset_is_utf8(std::string_view content_type);
/// Whether the parameter fhirVersion, where there is one, names R4: https://hl7.org/fhir/R4/http.html#version-parameter
bool is_our_version(std::string_view content_type);
bool is_json(const Request& request);  ///< by its content type
/// The body as a resource, by its content type. Faults: those of the codecs, content_type_unsupported.
Result<fhir::Tree> parse_body(const Request& request);
/// As parse_body; the resource must be of the request's type and obey the base rules.
Result<fhir::Tree> parse_resource(const Request& request);
/// Gives failures about the body that was sent their line and column in it.
void locate(const Request& request, Failure& failure);

std::string etag_of(std::int64_t version);

/// ETag, Last-Modified and the bytes.
Response answer_with(storage::Version version, int status = 200);
/// What was made for the answer, and is stored nowhere.
Response answer_with(fhir::Element resource);
Failure not_found(fhir::TypeId type);
Failure gone(fhir::TypeId type);
/// The current version, which is no deletion. Faults: not_found, gone.
Result<storage::Version> find_live(const View& view, fhir::TypeId type, std::string_view id);
Failure none_matches(fhir::TypeId type);  ///< of a condition

/// OperationOutcome that says something without anything being wrong.
std::string informational_outcome(std::string_view diagnostics);

}  // namespace varde::interaction
