-- wrk: POST one transaction of 100 Observations of 100 different patients, drawn at random from those that are stored
-- (VARDE_PATIENTS): the morning of a follow-up centre. One of 200 prepared bodies, so that wrk itself costs little.
local patients = tonumber(os.getenv("VARDE_PATIENTS"))
local bodies, n = {}, 0
math.randomseed(20261126)
for b = 1, 200 do
  local entries, taken = {}, {}
  for i = 1, 100 do
    local patient
    repeat patient = math.random(0, patients - 1) until not taken[patient]
    taken[patient] = true
    entries[i] = string.format('{"resource":{"resourceType":"Observation","status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],"code":{"coding":[{"system":"http://loinc.org","code":"8867-4"}]},"subject":{"reference":"Patient/bench-%d"},"effectiveDateTime":"2026-02-01T%02d:%02d:%02dZ","valueQuantity":{"value":%d,"unit":"/min","system":"http://unitsofmeasure.org","code":"/min"}},"request":{"method":"POST","url":"Observation"}}',
      patient, 6 + b % 4, i % 60, b % 60, 60 + i % 20)
  end
  bodies[b] = '{"resourceType":"Bundle","type":"transaction","entry":[' .. table.concat(entries, ",") .. ']}'
end
function request()
  n = n + 1
  return wrk.format("POST", "/fhir", {["Content-Type"] = "application/fhir+json"}, bodies[n % 200 + 1])
end
function response(status) if status ~= 200 then io.stderr:write("status " .. status .. "\n") end end
