#pragma once
/// @file server/search/contained.h
/// "A chained condition will be evaluated inside contained resources": where a reference leads to a contained resource,
/// whoever holds it has the rows of that one, too, under keys of the reference and the contained one's parameter
/// together. So a chain is two questions of the same type, by the references and by those rows.
/// Source: https://hl7.org/fhir/R4/search.html#contained
/// Threads: any. What is handed out lives for ever; there is one of each that was asked for.
#include <string_view>
#include <vector>

#include "fhir-model/element/element.h"
#include "server/search/parameter.h"
#include "server/storage/storage.h"

namespace varde::search {

/// The key of a row of the contained resource, as its holder has it.
storage::ParameterKey key_within(storage::ParameterKey reference, storage::ParameterKey inner);
/// Of the row that says of which type the contained resource is.
storage::ParameterKey type_key_within(storage::ParameterKey reference, fhir::TypeId type);

/// One of R4's parameters of a contained resource, as its holder is found by it.
const Parameter& parameter_within(const std::vector<storage::ParameterKey>& reference, const Parameter& inner);
/// By which its holder is found whatever the contained resource says: present where the reference leads to one of the
/// type.
const Parameter& holder_of(const std::vector<storage::ParameterKey>& reference, fhir::TypeId type);

/// The contained resource that the text ("#m1") names; none of that id: nothing.
fhir::Element contained_in(fhir::Element resource, std::string_view reference);
/// Whether any reference by rows of those keys leads to a contained resource.
bool may_be_contained(const std::vector<storage::ParameterKey>& keys, const storage::Snapshot& snapshot);

}  // namespace varde::search
