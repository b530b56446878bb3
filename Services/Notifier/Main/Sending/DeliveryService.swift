import ServiceKit
import ServiceLifecycle

/// Sends what was claimed, all at once: a slow provider delays nobody else. Told to stop, it finishes what it has.
struct DeliveryService: Service, CustomStringConvertible {
    let queue: DeliveryQueue
    let worker: DeliveryWorker
    let wakeup: Wakeup

    var description: String { "delivery-service" }

    func run() async throws {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                for await delivery in queue.deliveries {
                    group.addTask {
                        await worker.carryOut(delivery, queue)
                        queue.finished(delivery)
                        wakeup.wake()
                    }
                }
            }
        } onGracefulShutdown: {
            queue.close()
        }
    }
}
