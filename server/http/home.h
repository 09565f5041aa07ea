#pragma once
/// @file server/http/home.h
/// The page at /: what this is and where to go on, in Norwegian and English.
#include <string>
#include <string_view>

namespace varde::http {

std::string home_page(std::string_view fhir_base);

}  // namespace varde::http
