#pragma once
/// @file server/interaction/interactions.h
/// The FHIR interactions, one file each. The same shape for all, so that the routes are a table.
/// Source: https://hl7.org/fhir/R4/http.html
#include "fhir-model/fault/fault.h"
#include "server/interaction/context.h"
#include "server/interaction/request.h"

namespace varde::interaction {

Result<Response> read(const Request&, Context&);
Result<Response> vread(const Request&, Context&);
Result<Response> create(const Request&, Context&);
Result<Response> update(const Request&, Context&);
Result<Response> update_conditionally(const Request&, Context&);
Result<Response> patch(const Request&, Context&);
Result<Response> patch_conditionally(const Request&, Context&);
Result<Response> remove(const Request&, Context&);
Result<Response> remove_conditionally(const Request&, Context&);
Result<Response> history_instance(const Request&, Context&);
Result<Response> search_type(const Request&, Context&);
Result<Response> search_compartment(const Request&, Context&);
Result<Response> batch_or_transaction(const Request&, Context&);

}  // namespace varde::interaction
