export const crash = {
  title: "Fulmen crashed last time",
  lead: "Something inside the program was wrong, and it stopped itself at once.",
  safe: "Your money is safe.",
  safeWhy: "Everything is on the disk before anything is told to anyone, so nothing is lost, and no channel closes because of it.",
  next: "There is nothing to do. If it happens again, copy the reason and report it.",
  reason: "What went wrong",
  copy: "Copy the reason",
  seen: "Go on",
};
