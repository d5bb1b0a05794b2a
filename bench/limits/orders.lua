-- For wrk: requests orders 1 to N in turn; each thread starts at another order.
-- wrk -s orders.lua URL -- N. Prints a last line for measure.sh: "orders", requests per second, errors.

local threads = 0

function setup(thread)
    thread:set("number", threads)
    threads = threads + 1
end

-- Builds the requests beforehand, so that building them does not count for the API. At most 100,000 are kept.
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
