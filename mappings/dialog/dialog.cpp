/// Dialogue messages, 1.0 and 1.1: their envelope and original are kept.
#include <array>

#include "mappings/rows/mapping.h"

namespace varde::mappings {
namespace {

// clang-format off
constexpr std::array kDialogue10Versions{
    MessageVersion{"1.0", "Dialogmelding",                    "http://www.kith.no/xmlstds/dialog/2006-10-11",                             "1.0"}};
constexpr std::array kDialogue11Versions{
    MessageVersion{"1.1", "Dialogmelding",                    "http://www.kith.no/xmlstds/dialog/2013-01-23",                             "1.1"}};
// clang-format on

}  // namespace

const rows::Mapping kDialogue10{kDialogue10Versions};
const rows::Mapping kDialogue11{kDialogue11Versions};

}  // namespace varde::mappings
