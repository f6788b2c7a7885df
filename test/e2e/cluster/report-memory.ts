// Preloaded into the function's process: prints its memory after a garbage collection,
// MEMORY_SAMPLES_MS apart.

function report(): void {
  globalThis.gc?.();
  console.log(JSON.stringify(process.memoryUsage()));
}

setInterval(report, Number(process.env["MEMORY_SAMPLES_MS"])).unref();
