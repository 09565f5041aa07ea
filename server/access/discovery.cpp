#include "server/access/discovery.h"

#include <cstdlib>

#include "server/access/json.h"

namespace varde::access {
namespace {

struct Freed {
  void operator()(char* text) const { std::free(text); }
};

std::string quoted(const std::string& text) {
  json_t* const string = json_stringn(text.data(), text.size());
  const std::unique_ptr<char, Freed> out(string ? json_dumps(string, JSON_ENCODE_ANY) : nullptr);
  json_decref(string);
  return out ? std::string(out.get()) : std::string("\"\"");
}

void add(std::string& out, const char* name, const std::string& value) {
  if (!value.empty()) out.append(",\"").append(name).append("\":").append(quoted(value));
}

}  // namespace

std::string smart_configuration(const std::vector<Issuer>& issuers) {
  if (issuers.empty()) return {};
  const Issuer& issuer = issuers.front();
  std::string out = "{\"issuer\":" + quoted(issuer.issuer);
  if (issuer.keys.find("://") != std::string::npos) add(out, "jwks_uri", issuer.keys);
  add(out, "authorization_endpoint", issuer.authorization_endpoint);
  add(out, "token_endpoint", issuer.token_endpoint);
  // What the token endpoint takes is the issuer's to say; these are what this server makes of the tokens.
  out += ",\"grant_types_supported\":[\"authorization_code\",";
  out += issuer.public_clients ? "\"refresh_token\"" : "\"client_credentials\"";
  out +=
      "]"
      ",\"code_challenge_methods_supported\":[\"S256\"],\"response_types_supported\":[\"code\"]"
      ",\"token_endpoint_auth_methods_supported\":[";
  out += issuer.public_clients ? "\"none\"" : "\"private_key_jwt\"";
  out +=
      "]"
      ",\"scopes_supported\":[\"openid\",\"fhirUser\",\"launch\",\"launch/patient\",\"patient/*.cruds\",\"user/"
      "*.cruds\","
      "\"system/*.cruds\"]"
      ",\"dpop_signing_alg_values_supported\":[\"ES256\",\"ES384\",\"ES512\",\"PS256\",\"PS384\",\"PS512\"]"
      ",\"capabilities\":[";
  out += issuer.public_clients ? "\"launch-ehr\",\"launch-standalone\",\"client-public\",\"sso-openid-connect\","
                                 "\"permission-offline\""
                               : "\"client-confidential-asymmetric\"";
  out +=
      ",\"context-ehr-patient\",\"context-standalone-patient\","
      "\"permission-patient\",\"permission-user\",\"permission-v1\",\"permission-v2\"]}";
  return out;
}

std::string capability_security(const std::vector<Issuer>& issuers) {
  if (issuers.empty()) return {};
  std::string uris;
  const auto uri = [&](const char* name, const std::string& value) {
    if (value.empty()) return;
    uris.append(uris.empty() ? "" : ",")
        .append("{\"url\":\"")
        .append(name)
        .append("\",\"valueUri\":")
        .append(quoted(value))
        .append("}");
  };
  uri("authorize", issuers.front().authorization_endpoint), uri("token", issuers.front().token_endpoint);
  std::string out = "{";
  if (!uris.empty())
    out +=
        "\"extension\":[{\"url\":\"http://fhir-registry.smarthealthit.org/StructureDefinition/"
        "oauth-uris\",\"extension\":[" +
        uris + "]}],";
  return out +=
         "\"service\":[{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/"
         "restful-security-service\",\"code\":"
         "\"SMART-on-FHIR\"}]}],\"description\":\"Access tokens of the issuers that the operator trusts, bound to a "
         "key "
         "(DPoP, RFC 9449) unless the issuer's settings say otherwise. Scopes of SMART v1 and v2, narrowed by the role "
         "and "
         "the care relation of whoever logs in; what may not be seen is not there.\"}";
}

}  // namespace varde::access
