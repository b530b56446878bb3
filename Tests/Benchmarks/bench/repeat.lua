-- The same request again and again, on every connection. With BENCH_PAUSE_MS each connection waits between its requests, evenly spread
-- around that many milliseconds: wrk has no other way to send at less than full speed.
local file = assert(io.open(os.getenv("BENCH_BODY"), "rb"))
wrk.method = "POST"
wrk.body = file:read("*a")
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer " .. os.getenv("BENCH_KEY")
file:close()

local pause = tonumber(os.getenv("BENCH_PAUSE_MS") or "0")
if pause > 0 then
    delay = function() return math.random(0, math.floor(2 * pause + 0.5)) end
end

done = function(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        '\nRESULT {"requests": %d, "seconds": %.6f, "failed": %d, "broken": %d, "p50_ms": %.3f, "p99_ms": %.3f, "max_ms": %.3f}\n',
        summary.requests, summary.duration / 1e6, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
        latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3))
end
