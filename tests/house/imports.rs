//! Who imports whom in a crate, read from its sources: by file, through re-exports to the file that defines a name; and by
//! room, which is a folder or a file directly under `src`. Tests do not count.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A module's path under the crate's root.
type Module = Vec<String>;

/// A path as it is written, made absolute.
type Route = Vec<String>;

/// One file.
struct Source {
    imports: Vec<Route>,
    /// What it re-exports: the name, and where it comes from.
    exports: Vec<(String, Route)>,
    defines: BTreeSet<String>,
}

/// All files of a crate.
pub(crate) struct Crate {
    files: BTreeMap<Module, Source>,
}

impl Crate {
    /// `sources` are the files under `src`, with their text.
    pub(crate) fn read(src: &Path, sources: &BTreeMap<PathBuf, String>) -> Self {
        let texts: BTreeMap<Module, String> = sources
            .iter()
            .map(|(path, text)| (path.strip_prefix(src).expect("a file under src"), text))
            .filter(|(path, _)| !is_test(path))
            .map(|(path, text)| (module_of(path), without_tests(&plain(text))))
            .collect();
        let files = texts
            .iter()
            .map(|(module, text)| (module.clone(), Source::read(module, text, &texts)))
            .collect();
        let read = Self { files };
        assert!(read.files.contains_key(&Module::new()), "no root in {}", src.display());
        read
    }

    /// File → files it imports.
    pub(crate) fn imports(&self) -> BTreeMap<String, BTreeSet<String>> {
        let of = |(module, source): (&Module, &Source)| {
            let targets = source.imports.iter().map(|route| self.home(route, &mut Vec::new()));
            let others = targets.filter(|target| target != module).map(|target| name_of(&target));
            (name_of(module), others.collect())
        };
        self.files.iter().map(of).collect()
    }

    /// Room → rooms that it names.
    pub(crate) fn rooms(&self) -> BTreeMap<String, BTreeSet<String>> {
        let known: BTreeSet<&String> =
            self.files.keys().filter_map(|module| module.first()).collect();
        let mut rooms: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (module, source) in &self.files {
            let Some(room) = module.first() else { continue };
            let named = source.imports.iter().filter_map(|route| route.first());
            let others = named.filter(|other| *other != room && known.contains(other));
            rooms.entry(room.clone()).or_default().extend(others.cloned());
        }
        rooms
    }

    /// The file that defines what a path names.
    fn home(&self, route: &Route, seen: &mut Vec<Route>) -> Module {
        let depth = (0..=route.len()).rev().find(|n| self.files.contains_key(&route[..*n]));
        let (module, rest) = route.split_at(depth.expect("the root is a file"));
        let Some((name, tail)) = rest.split_first() else { return module.to_vec() };
        let source = &self.files[module];
        if source.defines.contains(name) || seen.contains(route) {
            return module.to_vec();
        }
        seen.push(route.clone());
        let named = source.exports.iter().find(|(exported, _)| exported == name);
        named.map_or_else(
            || module.to_vec(),
            |(_, from)| self.home(&[from.as_slice(), tail].concat(), seen),
        )
    }
}

impl Source {
    fn read(module: &Module, text: &str, all: &BTreeMap<Module, String>) -> Self {
        let (mut imports, mut exports) = (Vec::new(), Vec::new());
        let mut rest = String::new();
        for (is_export, tree, between) in uses(text) {
            rest.push_str(between);
            for (path, name) in leaves(tree) {
                let Some(route) = absolute(&path, module, all) else { continue };
                if is_export {
                    exports.push((name, route));
                } else {
                    imports.push(route);
                }
            }
        }
        imports.extend(paths(&rest).iter().filter_map(|path| absolute(path, module, all)));
        Self { imports, exports, defines: definitions(text) }
    }
}

/// Groups of files each of which imports, over others, all the rest of its group.
pub(crate) fn circles(imports: &BTreeMap<String, BTreeSet<String>>) -> Vec<BTreeSet<String>> {
    let reach: BTreeMap<&String, BTreeSet<&String>> =
        imports.keys().map(|file| (file, reachable(imports, file))).collect();
    let mut circles: BTreeSet<BTreeSet<String>> = BTreeSet::new();
    for (file, reached) in &reach {
        let back = reached.iter().filter(|other| reach[**other].contains(file));
        let circle: BTreeSet<String> = back.map(|other| (**other).clone()).collect();
        if circle.len() > 1 {
            circles.insert(circle);
        }
    }
    circles.into_iter().collect()
}

fn reachable<'a>(
    imports: &'a BTreeMap<String, BTreeSet<String>>,
    start: &String,
) -> BTreeSet<&'a String> {
    let (mut reached, mut open) = (BTreeSet::new(), vec![start]);
    while let Some(file) = open.pop() {
        for next in &imports[file] {
            if reached.insert(next) {
                open.push(next);
            }
        }
    }
    reached
}

fn is_test(path: &Path) -> bool {
    let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
    let folder = path.parent().is_some_and(|dir| dir.iter().any(|part| part == "tests"));
    name == "tests" || name.ends_with("_tests") || folder
}

fn module_of(path: &Path) -> Module {
    let path = path.with_extension("");
    let mut module: Module = path.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if matches!(module.last().map(String::as_str), Some("mod" | "lib")) {
        module.pop();
    }
    module
}

fn name_of(module: &[String]) -> String {
    if module.is_empty() { "lib".to_owned() } else { module.join("/") }
}

/// The text without comments and without what stands in quotes.
fn plain(text: &str) -> String {
    let mut left = text;
    let mut plain = String::with_capacity(text.len());
    while let Some(c) = left.chars().next() {
        let skipped = match c {
            '/' if left.starts_with("//") => left.find('\n').unwrap_or(left.len()),
            '"' => quoted(left),
            'r' if left.starts_with("r#\"") => left.find("\"#").map_or(left.len(), |end| end + 2),
            '\'' => literal(left),
            _ => 0,
        };
        if skipped == 0 {
            plain.push(c);
        }
        left = &left[skipped.max(c.len_utf8())..];
    }
    plain
}

/// The length of a string at the beginning.
fn quoted(text: &str) -> usize {
    let mut escaped = true;
    for (at, c) in text.char_indices() {
        if c == '"' && !escaped {
            return at + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    text.len()
}

/// The length of a character's literal at the beginning; 0 for a lifetime.
fn literal(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => {
            let _escaped = chars.next();
            chars.find(|(_, c)| *c == '\'').map_or(0, |(at, _)| at + 1)
        }
        Some(_) => chars.next().filter(|(_, c)| *c == '\'').map_or(0, |(at, _)| at + 1),
        None => 0,
    }
}

/// The text without modules of tests that stand in it.
fn without_tests(text: &str) -> String {
    let Some((before, after)) = text.split_once("#[cfg(test)]") else { return text.to_owned() };
    let mut item = after.trim_start();
    while let Some((_, next)) = item.strip_prefix("#[").and_then(|rest| rest.split_once(']')) {
        item = next.trim_start();
    }
    let body = item.find(['{', ';']).filter(|_| item.starts_with("mod "));
    let ends = match body {
        Some(at) if item[at..].starts_with('{') => at + braces(&item[at..]),
        _ => 0,
    };
    before.to_owned() + &without_tests(&item[ends..])
}

/// The length of what stands in the braces at the beginning.
fn braces(text: &str) -> usize {
    let mut depth = 0usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    text.len()
}

/// Every `use`: whether it is exported, its tree, and the text before it. Last comes the text after all.
fn uses(text: &str) -> Vec<(bool, &str, &str)> {
    let (mut found, mut from, mut offset) = (Vec::new(), 0, 0);
    for line in text.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        let bare = line.trim_start();
        let (visible, bare) = match bare.strip_prefix("pub") {
            Some(rest) => (true, rest.split_once(' ').map_or("", |(_, rest)| rest)),
            None => (false, bare),
        };
        if start < from || !bare.starts_with("use ") {
            continue;
        }
        let begins = start + line.len() - bare.len() + "use ".len();
        let ends = begins + text[begins..].find(';').expect("a use ends");
        found.push((visible, &text[begins..ends], &text[from..start]));
        from = ends + 1;
    }
    found.push((false, "", &text[from..]));
    found
}

/// The paths of a use, and the names that they get.
fn leaves(tree: &str) -> Vec<(String, String)> {
    let tree = tree.trim();
    let Some((before, inside)) = tree.split_once('{') else {
        let (path, name) = tree.split_once(" as ").unwrap_or((tree, tree));
        let name = name.rsplit("::").next().unwrap_or_default();
        return if path.is_empty() { Vec::new() } else { vec![(path.to_owned(), name.to_owned())] };
    };
    let inside = inside.rsplit_once('}').map_or(inside, |(inside, _)| inside);
    let (mut parts, mut depth, mut from) = (Vec::new(), 0usize, 0);
    for (at, c) in inside.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&inside[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&inside[from..]);
    let whole = parts.into_iter().filter(|part| !part.trim().is_empty());
    whole.flat_map(|part| leaves(&format!("{before}{}", part.trim()))).collect()
}

/// Every path of more than one part that stands in code.
fn paths(text: &str) -> Vec<String> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let text = text.replace("..", " ");
    let words = text.split(|c: char| !is_part(c) && c != ':' && c != '.' && c != '$');
    let paths = words.filter(|word| word.contains("::") && !word.starts_with(':'));
    paths.filter(|word| !word.contains(['.', '$'])).map(str::to_owned).collect()
}

/// A path of this crate, from its root; `None` for what others made.
fn absolute(path: &str, module: &Module, all: &BTreeMap<Module, String>) -> Option<Route> {
    let mut parts: Route =
        path.split("::").map(|part| part.trim().to_owned()).filter(|part| part != "self").collect();
    let first = parts.first()?.clone();
    if first == "crate" {
        return Some(parts.split_off(1));
    }
    let mut base = module.clone();
    let above = parts.iter().take_while(|part| *part == "super").count();
    base.truncate(base.len().checked_sub(above)?);
    let whole = [base, parts.split_off(above)].concat();
    let is_ours = above > 0 || path.starts_with("self") || {
        let child = [module.as_slice(), &[first]].concat();
        all.contains_key(&child)
    };
    is_ours.then_some(whole)
}

/// Names that a file defines.
fn definitions(text: &str) -> BTreeSet<String> {
    let kinds = ["struct", "enum", "trait", "type", "fn", "const", "static"];
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|w| !w.is_empty()).collect();
    let pairs = words.windows(2).filter(|pair| kinds.contains(&pair[0]));
    pairs.map(|pair| pair[1].to_owned()).collect()
}
