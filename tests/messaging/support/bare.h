#pragma once
// Messages from before MsgHead (laboratory report, discharge letter, referral), written for the tests: fictitious
// people.
#include <string>

#include "server/demo/letters.h"

namespace varde::messaging::test {

struct Bare {
  int n = 1;                           ///< MsgId uuid(n), generated n minutes past ten
  std::string status = "N";            ///< list 7309
  std::string document = "rapport-1";  ///< the same in its changes and its cancellation
  demo::Person patient = demo::copd_patient();
};

/// SVAR_LAB 1.4 with one result of that NPU code.
std::string lab_report(const Bare&, const std::string& npu, const std::string& value, const std::string& unit,
                       const std::string& deviation = {});
/// EPIKRISE 1.2 with a stay, a main diagnosis (ICD-10) and an assessment.
std::string discharge_letter(const Bare&, const std::string& diagnosis = "J441");
/// HENVISNING 1.1 with a reason and a diagnosis (ICPC-2).
std::string referral(const Bare&, const std::string& reason = "Ønsker digital hjemmeoppfølging.");

}  // namespace varde::messaging::test
