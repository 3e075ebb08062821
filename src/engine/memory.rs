/*!
How much memory this process may use, control groups included, and how much it did use.
*/

use std::fs;

/// Where nothing is known: a small container.
const FALLBACK: usize = 2 << 30;

/// 60 % of what the process may use; decoding, windows and the allocator live on the rest.
pub fn default_limit() -> usize {
    available() / 10 * 6
}

/// The smaller of the machine's memory and the control group's limit.
fn available() -> usize {
    let machine = fs::read_to_string("/proc/meminfo")
        .ok()
        .and_then(|text| kilobytes(&text, "MemTotal:"))
        .unwrap_or(FALLBACK);
    ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
        .iter()
        .filter_map(|path| fs::read_to_string(path).ok()?.trim().parse::<usize>().ok())
        .fold(machine, usize::min)
}

/// Highest resident size of this process so far, in bytes, where the system tells.
pub fn peak_resident() -> Option<usize> {
    kilobytes(&fs::read_to_string("/proc/self/status").ok()?, "VmHWM:")
}

fn kilobytes(text: &str, key: &str) -> Option<usize> {
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<usize>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_in_bytes() {
        assert_eq!(kilobytes("VmPeak: 1 kB\nVmHWM:\t  2048 kB\n", "VmHWM:"), Some(2 << 20));
        assert_eq!(kilobytes("VmHWM: many\n", "VmHWM:"), None);
    }
}
