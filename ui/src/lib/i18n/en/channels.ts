export const channels = {
  title: "Channels",
  openTitle: "Open a channel",
};
