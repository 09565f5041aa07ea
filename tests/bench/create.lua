-- wrk: POST one Observation a request; every one differs.
local n, thread = 0, 0
function setup(t) t:set("thread", thread); thread = thread + 1 end
function request()
  n = n + 1
  local seconds = n % 86400
  local body = string.format('{"resourceType":"Observation","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"2708-6","display":"SpO2"}]},"subject":{"reference":"Patient/bench-%d"},"effectiveDateTime":"2026-01-%02dT%02d:%02d:%02dZ","valueQuantity":{"value":%d,"unit":"%%","system":"http://unitsofmeasure.org","code":"%%"}}',
    n % 16, 1 + math.floor(n / 86400) % 28, math.floor(seconds / 3600), math.floor(seconds / 60) % 60, seconds % 60, 95 + n % 5)
  return wrk.format("POST", "/fhir/Observation", {["Content-Type"] = "application/fhir+json"}, body)
end
local refused = 0
function response(status) if status ~= 201 then refused = refused + 1; io.stderr:write("status " .. status .. "\n") end end
