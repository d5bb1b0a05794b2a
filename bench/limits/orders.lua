-- For wrk: asks for orders 1 to N in turn, each thread from a place of its own.
-- wrk -s orders.lua URL -- N; at the end a line for measure.sh: "orders", requests per second, errors.

local threads = 0

function setup(thread)
    thread:set("number", threads)
    threads = threads + 1
end

-- Made beforehand: what it costs to put a request together is not the API's. At most 100,000 are held.
function init(args)
    local orders = math.min(tonumber(args[1]), 100000)
    requests = {}
    for id = 1, orders do
        requests[id] = wrk.format("GET", "/orders/" .. id)
    end
    at = (number * 7919) % orders
end

function request()
    at = at % #requests + 1
    return requests[at]
end

function done(summary)
    local e = summary.errors
    local errors = e.connect + e.read + e.write + e.status + e.timeout
    io.write(string.format("orders %.1f %d\n", summary.requests / (summary.duration / 1e6), errors))
end
