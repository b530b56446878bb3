-- Sends BENCH_COUNT bodies, one of BENCH_BODIES after the other (one a line, again from the first), each once, then ends. One thread only.
local ffi = require("ffi")
ffi.cdef("typedef struct { long seconds, nanoseconds; } bench_time; int clock_gettime(int, bench_time *);")
local time = ffi.new("bench_time")
local function now()
    ffi.C.clock_gettime(0, time)
    return tonumber(time.seconds) + tonumber(time.nanoseconds) / 1e9
end

local count = tonumber(os.getenv("BENCH_COUNT"))
local bodies, filler = {}, nil
sent, accepted, refused, first, last = 0, 0, 0, 0, 0

local threads = {}
setup = function(thread) threads[#threads + 1] = thread end

init = function()
    wrk.headers["Content-Type"] = "application/json"
    wrk.headers["Authorization"] = "Bearer " .. os.getenv("BENCH_KEY")
    local keys = {}
    for key in io.lines(os.getenv("BENCH_KEYS") or "/dev/null") do keys[#keys + 1] = key end
    for line in io.lines(os.getenv("BENCH_BODIES")) do
        -- Several keys take turns.
        if #keys > 0 then wrk.headers["Authorization"] = "Bearer " .. keys[#bodies % #keys + 1] end
        bodies[#bodies + 1] = wrk.format("POST", nil, nil, line)
    end
    filler = wrk.format("GET", "/")
end

-- A connection that finds everything sent asks for something harmless, seldom, until the last answer ends the run.
delay = function() return sent >= count and 20 or 0 end

-- wrk asks for one request before it starts, to see whether it can read it; that one is never sent.
local started = false
request = function()
    if not started then
        started = true
        return filler
    end
    if sent == 0 then first = now() end
    if sent >= count then return filler end
    sent = sent + 1
    return bodies[(sent - 1) % #bodies + 1]
end

response = function(status, _, body)
    if status == 200 and body == '{"status":"ok"}' then
        accepted = accepted + 1
    elseif status ~= 200 then
        refused = refused + 1
    end
    if accepted + refused >= count then
        last = now()
        wrk.thread:stop()
    end
end

done = function(summary)
    local thread = threads[1]
    io.write(string.format(
        '\nRESULT {"accepted": %d, "refused": %d, "first": %.6f, "last": %.6f, "broken": %d}\n',
        thread:get("accepted"), thread:get("refused"), thread:get("first"), thread:get("last"),
        summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
