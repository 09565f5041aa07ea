-- wrk: POST one transaction of 100 Observations a request. One of 50 prepared bodies, so that wrk itself costs little.
local bodies, n = {}, 0
for b = 1, 50 do
  local entries = {}
  for i = 1, 100 do
    local at = (b * 100 + i) % 86400
    entries[i] = string.format('{"fullUrl":"urn:uuid:00000000-0000-4000-8000-%012d","resource":{"resourceType":"Observation","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"8867-4"}]},"subject":{"reference":"Patient/bench-%d"},"effectiveDateTime":"2026-02-01T%02d:%02d:%02dZ","valueQuantity":{"value":%d,"unit":"/min","system":"http://unitsofmeasure.org","code":"/min"}},"request":{"method":"POST","url":"Observation"}}',
      i, i % 16, math.floor(at / 3600), math.floor(at / 60) % 60, at % 60, 60 + i % 20)
  end
  bodies[b] = '{"resourceType":"Bundle","type":"transaction","entry":[' .. table.concat(entries, ",") .. ']}'
end
function request()
  n = n + 1
  return wrk.format("POST", "/fhir", {["Content-Type"] = "application/fhir+json"}, bodies[n % 50 + 1])
end
function response(status) if status ~= 200 then io.stderr:write("status " .. status .. "\n") end end
