#pragma once
/// @file server/access/circumstances.h
/// How a request came, beside what it asks for: written down with what was seen and done.
#include <string>

namespace varde::access {

struct Circumstances {
  std::string address = {};  ///< that the connection came from; empty: not known
  std::string grounds = {};  ///< why it is asked, as was attested: JSON (attestation.h); empty: nothing was
  std::string person = {};   ///< identity number of the patient whom the grounds are about; never written down
};

}  // namespace varde::access
