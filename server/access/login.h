#pragma once
/// @file server/access/login.h
/// An access token that was found genuine, understood: who it is and what that allows.
/// Source: https://utviklerportal.nhn.no (HelseID's claims), SMART App Launch 2
#include <memory>
#include <string>

#include "server/access/issuer.h"
#include "server/access/json.h"
#include "server/access/principal.h"

namespace varde::access {

/// `own_organisation`: whose follow-up centre this is; empty: of all who log in with a role there.
std::shared_ptr<const Principal> principal_of(const Json& claims, const Issuer& issuer,
                                              const std::string& own_organisation);

}  // namespace varde::access
