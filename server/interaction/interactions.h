#pragma once
/// @file server/interaction/interactions.h
/// The FHIR interactions, one file each; their rows stand in routes.cpp.
/// Source: https://hl7.org/fhir/R4/http.html
#include "fhir-model/fault/fault.h"
#include "server/interaction/route.h"

namespace varde::interaction {

Result<Response> read(const Request&, const View&, const Context&);
Result<Response> vread(const Request&, const View&, const Context&);
Result<Response> history_instance(const Request&, const View&, const Context&);
Result<Response> history_type(const Request&, const View&, const Context&);
Result<Response> history_system(const Request&, const View&, const Context&);
Result<Response> search_type(const Request&, const View&, const Context&);
Result<Response> search_compartment(const Request&, const View&, const Context&);

Result<Work> create(const Request&, const Context&, const Reads&);
Result<Work> update(const Request&, const Context&, const Reads&);
Result<Work> update_conditionally(const Request&, const Context&, const Reads&);
Result<Work> patch(const Request&, const Context&, const Reads&);
Result<Work> patch_conditionally(const Request&, const Context&, const Reads&);
Result<Work> remove(const Request&, const Context&, const Reads&);
Result<Work> remove_conditionally(const Request&, const Context&, const Reads&);

Result<Response> batch_or_transaction(const Request&, const Dispatcher&);
/// A collection of readings is taken apart, any other Bundle is created as the resource it is.
Result<Response> create_bundle(const Request&, const Dispatcher&);

}  // namespace varde::interaction
