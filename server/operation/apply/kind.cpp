#include "server/operation/apply/kind.h"

#include <algorithm>
#include <array>

namespace varde::operation::apply {
namespace {

// clang-format off
constexpr Carried kAppointment[] = {
    {"code", "serviceType"}, {"description", "description"}, {"reason", "reasonCode"}};
constexpr Carried kCarePlan[] = {
    {"code", "category"}, {"title", "title"}, {"description", "description"}};
constexpr Carried kCommunicationRequest[] = {
    {"code", "category"}, {"description", "payload.contentString"}, {"priority", "priority"},
    {"doNotPerform", "doNotPerform"}, {"reason", "reasonCode"}};
constexpr Carried kDeviceRequest[] = {
    {"product", "code"}, {"code", "code"}, {"priority", "priority"}, {"role", "performerType"}, {"reason", "reasonCode"}};
constexpr Carried kMedicationRequest[] = {
    {"product", "medication"}, {"dosage", "dosageInstruction"}, {"priority", "priority"},
    {"quantity", "dispenseRequest.quantity"}, {"doNotPerform", "doNotPerform"}, {"role", "performerType"},
    {"reason", "reasonCode"}};
constexpr Carried kNutritionOrder[] = {
    {"description", "note.text"}};
constexpr Carried kServiceRequest[] = {
    {"code", "code"}, {"priority", "priority"}, {"doNotPerform", "doNotPerform"}, {"location", "locationReference"},
    {"quantity", "quantity"}, {"bodySite", "bodySite"}, {"role", "performerType"}, {"reason", "reasonCode"}};
constexpr Carried kSupplyRequest[] = {
    {"product", "item"}, {"code", "item"}, {"quantity", "quantity"}, {"priority", "priority"}, {"reason", "reasonCode"}};
constexpr Carried kTask[] = {
    {"code", "code"}, {"description", "description"}, {"priority", "priority"}, {"location", "location"},
    {"role", "performerType"}, {"reason", "reasonCode"}};

constexpr std::array kKinds{
    //   type                    status      intent subject              encounter    requester    authored      instantiates             occurrence
    Kind{"Appointment",          "proposed", false, "participant.actor", "",          "",          "created",    "",                      "requestedPeriod",    kAppointment},
    Kind{"CarePlan",             "draft",    true,  "subject",           "encounter", "author",    "created",    "instantiatesCanonical", "period",             kCarePlan},
    Kind{"CommunicationRequest", "draft",    false, "subject",           "encounter", "requester", "authoredOn", "",                      "occurrence",         kCommunicationRequest},
    Kind{"DeviceRequest",        "draft",    true,  "subject",           "encounter", "requester", "authoredOn", "instantiatesCanonical", "occurrence",         kDeviceRequest},
    Kind{"MedicationRequest",    "draft",    true,  "subject",           "encounter", "requester", "authoredOn", "instantiatesCanonical", "",                   kMedicationRequest},
    Kind{"NutritionOrder",       "draft",    true,  "patient",           "encounter", "orderer",   "dateTime",   "instantiatesCanonical", "",                   kNutritionOrder},
    Kind{"ServiceRequest",       "draft",    true,  "subject",           "encounter", "requester", "authoredOn", "instantiatesCanonical", "occurrence",         kServiceRequest},
    Kind{"SupplyRequest",        "draft",    false, "deliverTo",         "",          "requester", "authoredOn", "",                      "occurrence",         kSupplyRequest},
    Kind{"Task",                 "draft",    true,  "for",               "encounter", "requester", "authoredOn", "instantiatesCanonical", "restriction.period", kTask},
};
// clang-format on

}  // namespace

const Kind* find_kind(std::string_view type) {
  const auto found = std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& kind) { return kind.type == type; });
  return found == kKinds.end() ? nullptr : &*found;
}

std::string_view kind_names() {
  return "Appointment, CarePlan, CommunicationRequest, DeviceRequest, MedicationRequest, NutritionOrder, "
         "ServiceRequest, SupplyRequest and Task";
}

}  // namespace varde::operation::apply
