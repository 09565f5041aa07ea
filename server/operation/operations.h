#pragma once
/// @file server/operation/operations.h
/// The operations Varde has, one file each, and the table that the router and the CapabilityStatement read.
#include "server/interaction/context.h"
#include "server/interaction/request.h"
#include "server/operation/operation.h"

namespace varde::operation {

Result<interaction::Response> lastn(const interaction::Request&, interaction::Context&);
Result<interaction::Response> stats(const interaction::Request&, interaction::Context&);
Result<interaction::Response> trend(const interaction::Request&, interaction::Context&);
Result<interaction::Response> enrol(const interaction::Request&, interaction::Context&);
Result<interaction::Response> pause(const interaction::Request&, interaction::Context&);
Result<interaction::Response> resume(const interaction::Request&, interaction::Context&);
Result<interaction::Response> end_followup(const interaction::Request&, interaction::Context&);

/// https://hl7.org/fhir/R4/resource-operation-validate.html
Result<interaction::Response> validate(const interaction::Request&, interaction::Context&);
Result<interaction::Response> expand(const interaction::Request&, interaction::Context&);
Result<interaction::Response> validate_code_in_set(const interaction::Request&, interaction::Context&);
Result<interaction::Response> validate_code_in_system(const interaction::Request&, interaction::Context&);
Result<interaction::Response> lookup(const interaction::Request&, interaction::Context&);
Result<interaction::Response> subsumes(const interaction::Request&, interaction::Context&);

Operations followup_operations();
Operations terminology_operations();
/// Those of every resource.
Operations resource_operations();

}  // namespace varde::operation
