#pragma once
/// @file mappings/apprec/apprec.h
/// AppRec as a document: its namespaces, and what a received one says of itself.
/// Sources: HIS 80415:2004 (1.0), HIS 80415:2012 (1.1), HITS 1168:2016.
#include "mappings/message.h"
#include "norway/code_lists.h"

namespace varde::mappings::apprec {

inline constexpr std::string_view kErrorCodes = norway::code_list::kAppRecErrors.oid();

struct Version {
  std::string_view number, ns, implementation;      ///< implementation: AppRec/MIGversion
  std::string_view primary_receiver, primary_name;  ///< Role of the one who answers
};

// clang-format off
inline constexpr Version kVersions[] = {
    // number  namespace                                          MIGversion         role of a primary receiver
    {"1.0",   "http://www.kith.no/xmlstds/apprec/2004-11-21",  "1.0 2004-11-21",  "SPR",  "Tjenesteyter"},
    {"1.1",   "http://www.kith.no/xmlstds/apprec/2012-02-15",  "v1.1 2012-02-15", "PRIM", "Primærmottaker"},
};
// clang-format on

bool is_apprec(const XmlNode& document);
void read_envelope(Message& message);  ///< type, version, id, generated, sender, receiver from message.document

}  // namespace varde::mappings::apprec
